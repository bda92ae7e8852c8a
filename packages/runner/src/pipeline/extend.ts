import type { PipelineError } from '@etsef/plugin-api'
import { emptyMap, type Located, type LocatedEntry, type LocatedMap } from './located.js'
import { cannotAppend, cannotMerge, directiveNotAlone } from './pipeline-problems.js'

/** Sections whose entries are extended one by one; every other value replaces the base's as a whole. */
const sections: ReadonlySet<string> = new Set(['nodes', 'vars', 'parts'])

/**
 * A pipeline laid over the one it extends.
 *
 * A value replaces the base's value as a whole; nodes, vars, parts and profiles are replaced one by one, by name, and `null` removes one.
 * `$merge: {…}` lays a map over the base's map entry by entry, `$append: […]` adds to the base's list.
 */
export function extendPipeline(base: LocatedMap, over: LocatedMap, problems: PipelineError[]): LocatedMap {
  const entries = new Map(base.entries)
  for (const [key, entry] of over.entries) {
    if (key === 'extends') continue
    if (key === 'profiles') {
      entries.set(key, { place: entry.place, value: extendProfiles(base.entries.get(key)?.value, entry.value) })
      continue
    }
    const below = base.entries.get(key)?.value
    const isSection = sections.has(key) && entry.value.kind === 'map' && !isDirective(entry.value)
    const value = isSection
      ? extendSection(below, entry.value, problems)
      : resolveDirectives(below, entry.value, problems)
    entries.set(key, { place: entry.place, value })
  }
  return { ...over, entries }
}

function extendSection(base: Located | undefined, over: LocatedMap, problems: PipelineError[]): LocatedMap {
  const entries = new Map<string, LocatedEntry>(base?.kind === 'map' ? base.entries : [])
  for (const [key, entry] of over.entries) {
    if (entry.value.kind === 'scalar' && entry.value.value === null && entries.has(key)) entries.delete(key)
    else
      entries.set(key, { place: entry.place, value: resolveDirectives(entries.get(key)?.value, entry.value, problems) })
  }
  return { ...over, entries }
}

/** Profiles are laid over the whole pipeline later; until then their directives stay as written. */
function extendProfiles(base: Located | undefined, over: Located): Located {
  if (base?.kind !== 'map' || over.kind !== 'map') return over
  return { ...over, entries: new Map([...base.entries, ...over.entries]) }
}

function isDirective(value: LocatedMap): boolean {
  return value.entries.has('$merge') || value.entries.has('$append')
}

/** The value with `$merge` and `$append` carried out against what stood there before; a mistaken one is reported and dropped. */
function resolveDirectives(below: Located | undefined, value: Located, problems: PipelineError[]): Located {
  if (value.kind === 'list')
    return { ...value, items: value.items.map((item) => resolveDirectives(undefined, item, problems)) }
  if (value.kind === 'scalar') return value
  if (!isDirective(value)) {
    const entries = [...value.entries].map(([key, entry]): [string, LocatedEntry] => {
      const inner = below?.kind === 'map' && containsDirective(entry.value) ? below.entries.get(key)?.value : undefined
      return [key, { ...entry, value: resolveDirectives(inner, entry.value, problems) }]
    })
    return { ...value, entries: new Map(entries) }
  }
  const [name, ...others] = [...value.entries.keys()]
  const directive = value.entries.get(name!)!
  if (others.length > 0 || (name !== '$merge' && name !== '$append')) {
    problems.push(directiveNotAlone(value.entries.keys(), directive.place))
    return below ?? emptyMap(value.place)
  }
  return name === '$merge' ? merge(below, directive, problems) : append(below, directive, problems)
}

function containsDirective(value: Located): boolean {
  if (value.kind !== 'map') return false
  return isDirective(value) || [...value.entries.values()].some((entry) => containsDirective(entry.value))
}

function merge(below: Located | undefined, directive: LocatedEntry, problems: PipelineError[]): Located {
  const { place, value } = directive
  if (value.kind !== 'map' || below?.kind !== 'map') {
    problems.push(cannotMerge(directive, below))
    return below ?? emptyMap(place)
  }
  const entries = new Map(below.entries)
  for (const [key, entry] of value.entries) {
    entries.set(key, {
      place: entry.place,
      value: resolveDirectives(below.entries.get(key)?.value, entry.value, problems),
    })
  }
  return { kind: 'map', place: below.place, entries }
}

function append(below: Located | undefined, directive: LocatedEntry, problems: PipelineError[]): Located {
  const { place, value } = directive
  if (value.kind !== 'list' || below?.kind !== 'list') {
    problems.push(cannotAppend(directive, below))
    return below ?? { kind: 'list', place, items: [] }
  }
  return { kind: 'list', place: below.place, items: [...below.items, ...value.items] }
}
