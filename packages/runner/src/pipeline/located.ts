import type { Json, Place } from '@etsef/plugin-api'

/** A scalar of a pipeline file and where it stands. */
export interface LocatedScalar {
  readonly kind: 'scalar'
  readonly place: Place
  readonly value: string | number | boolean | null
  /** Where the variable was given that the value comes from. */
  readonly origin?: Place
  /** A problem was reported here already: nothing more is said about this value. */
  readonly isBroken?: true
}

/** A list of a pipeline file and where it starts. */
export interface LocatedList {
  readonly kind: 'list'
  readonly place: Place
  readonly items: readonly Located[]
}

/** A key, where it stands, and its value. */
export interface LocatedEntry {
  readonly place: Place
  readonly value: Located
}

/** A map of a pipeline file. Entries keep the order of the text. */
export interface LocatedMap {
  readonly kind: 'map'
  readonly place: Place
  readonly entries: ReadonlyMap<string, LocatedEntry>
}

/** A value of a pipeline file that remembers file, line and column, through extends, variables and overrides. */
export type Located = LocatedScalar | LocatedList | LocatedMap

/** The plain value, without places. */
export function toPlain(value: Located): Json {
  if (value.kind === 'scalar') return value.value
  if (value.kind === 'list') return value.items.map(toPlain)
  return Object.fromEntries([...value.entries].map(([key, entry]) => [key, toPlain(entry.value)]))
}

/** A plain value as if all of it stood at one place. */
export function fromPlain(value: Json, place: Place): Located {
  if (value === null || typeof value !== 'object') return { kind: 'scalar', place, value }
  if (Array.isArray(value)) {
    const items: readonly Json[] = value
    return { kind: 'list', place, items: items.map((item) => fromPlain(item, place)) }
  }
  const entries = Object.entries(value).map(([key, entry]): [string, LocatedEntry] => [
    key,
    { place, value: fromPlain(entry, place) },
  ])
  return { kind: 'map', place, entries: new Map(entries) }
}

/** What a value is, in the words of YAML, for messages: `a list`, `the text "auto"`, `the number 3`. */
export function describeValue(value: Located): string {
  if (value.kind === 'list') return `a list of ${String(value.items.length)}`
  if (value.kind === 'map') return 'a map'
  if (value.value === null) return 'nothing (null)'
  if (typeof value.value === 'string')
    return `the text ${JSON.stringify(value.value.length > 60 ? `${value.value.slice(0, 60)}…` : value.value)}`
  return `${typeof value.value} ${String(value.value)}`
}

/** The value at a path of keys and indices (`operations/0`), or the deepest one that exists. */
export function findAt(
  value: Located,
  path: readonly string[],
): { readonly place: Place; readonly found: boolean; readonly value: Located } {
  let current = value
  let place = value.place
  for (const step of path) {
    if (current.kind === 'map') {
      const entry = current.entries.get(step)
      if (!entry) return { place, found: false, value: current }
      place = entry.value.place
      current = entry.value
    } else {
      const item = current.kind === 'list' ? current.items[Number(step)] : undefined
      if (!item) return { place, found: false, value: current }
      place = item.place
      current = item
    }
  }
  return { place, found: true, value: current }
}

/** Whether a problem of the value itself was reported already. */
export function isBroken(value: Located): boolean {
  return value.kind === 'scalar' && value.isBroken === true
}

/** The map with one entry replaced or added. */
export function withEntry(map: LocatedMap, key: string, entry: LocatedEntry): LocatedMap {
  return { ...map, entries: new Map(map.entries).set(key, entry) }
}

/** A map without entries. */
export function emptyMap(place: Place): LocatedMap {
  return { kind: 'map', place, entries: new Map() }
}

/** For JSON, which knows no maps and of numbers no infinite ones. */
export function mapsAsLists(_: string, value: unknown): unknown {
  if (value instanceof Map) return [...(value as ReadonlyMap<unknown, unknown>)]
  return typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))
    ? ['number', Object.is(value, -0) ? '-0' : String(value)]
    : value
}
