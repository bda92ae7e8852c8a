import type { PipelineError, Place } from '@etsef/plugin-api'
import { describeValue, emptyMap, isBroken, type Located, type LocatedMap } from './located.js'
import { overrideFile } from './overrides.js'
import {
  badEntryName,
  badSeed,
  missingUse,
  notAMap,
  notAName,
  notAnOutput,
  notAText,
  unknownKey,
  useOfPath,
} from './pipeline-problems.js'

/** A reference `node` or `node.port`, as it stands in the text. */
export interface Reference {
  readonly text: string
  readonly node: string
  /** Left out: the first output of the node. */
  readonly port: string | undefined
  readonly place: Place
  /** What an input of many shows in place of `node`: a node of the same part goes by its name there. */
  readonly shown?: string
  /** What an input of many shows, whatever output it is: a name that was given, or that of an output of a part. */
  readonly name?: string
  /** What names this output alone, where the text names several; `undefined`: nothing does. */
  readonly path?: string | undefined
}

/** References at one input. */
export interface InputDeclaration {
  readonly place: Place
  readonly isList: boolean
  /** An empty list was written. */
  readonly isEmpty: boolean
  /** Where entries were given names: it must take many. */
  readonly namedAt: Place | undefined
  readonly references: readonly Reference[]
}

/** A node as it is written. */
export interface NodeDeclaration {
  readonly id: string
  readonly place: Place
  readonly use: { readonly type: string; readonly place: Place } | undefined
  /** `use` comes from the command line: options that only the replaced operation knows are dropped. */
  readonly isUseOverridden: boolean
  readonly inputs: ReadonlyMap<string, InputDeclaration>
  readonly options: LocatedMap
  readonly description: string | undefined
  /** In place of the run's. */
  readonly seed: string | number | undefined
  /** Parts that it stands in, the outermost first. */
  readonly within: readonly PartUse[]
}

/** Where a part is used. */
export interface PartUse {
  readonly part: string
  readonly place: Place
}

/** Words of a node that uses a part. */
export const partUseKeys = ['part', 'in', 'with', 'set', 'seed', 'description']
const nodeKeys = ['use', 'in', 'with', 'seed', 'description']
/** Names of nodes, ports, parts and parameters. */
export const nodeName = /^[A-Za-z][A-Za-z0-9_-]*$/
const shownName = /^[A-Za-z0-9_-][A-Za-z0-9_.-]*$/
const operationName = /^[a-z0-9]+(-[a-z0-9]+)*\/[a-z0-9]+(-[a-z0-9]+)*$/

/** The seed that a pipeline, a node or the use of a part gives. */
export function readSeed(map: LocatedMap, problems: PipelineError[], node?: string): string | number | undefined {
  const value = map.entries.get('seed')?.value
  if (!value || isBroken(value)) return undefined
  if (value.kind === 'scalar' && typeof value.value === 'number' && Number.isSafeInteger(value.value))
    return value.value
  if (value.kind === 'scalar' && typeof value.value === 'string') return value.value
  problems.push(badSeed(value, node))
  return undefined
}

/** A node of its map; problems of form are reported. */
export function readNode(id: string, place: Place, value: Located, problems: PipelineError[]): NodeDeclaration {
  const written = asMap(value, `Node "${id}"`, problems)
  const map = written ?? emptyMap(place)
  reportUnknownKeys(map, nodeKeys, `node "${id}"`, problems, id)
  const use = map.entries.get('use')
  const withMap = map.entries.get('with')
  return {
    id,
    place,
    use: written && readUse(id, place, use?.value, problems),
    isUseOverridden: use?.value.place.file === overrideFile,
    inputs: readInputs(id, map, problems),
    options:
      (withMap && asMap(withMap.value, `"with" of node "${id}"`, problems, id)) ??
      emptyMap(withMap?.value.place ?? place),
    description: readText(map, 'description', problems, id),
    seed: readSeed(map, problems, id),
    within: [],
  }
}

/** What `in` of a node, or of a part that is used, names. */
export function readInputs(
  id: string,
  map: LocatedMap,
  problems: PipelineError[],
): ReadonlyMap<string, InputDeclaration> {
  const inMap = map.entries.get('in')
  const inputs = new Map<string, InputDeclaration>()
  const inputsMap = inMap && asMap(inMap.value, `"in" of node "${id}"`, problems, id)
  for (const [port, entry] of inputsMap?.entries ?? []) {
    const isList = entry.value.kind === 'list'
    const items = entry.value.kind === 'list' ? entry.value.items : [entry.value]
    const references = items.flatMap((item) => readNamed(item, `Input "${port}" of node "${id}"`, problems, id))
    inputs.set(port, {
      place: entry.place,
      isList,
      isEmpty: items.length === 0,
      namedAt: items.find(({ kind }) => kind === 'map')?.place,
      references,
    })
  }
  return inputs
}

/** A reference, or a map of references by the names that an input of many shows for them. */
function readNamed(item: Located, what: string, problems: PipelineError[], id: string): readonly Reference[] {
  if (item.kind !== 'map') return [readReference(item, what, problems, id) ?? []].flat()
  return [...item.entries].flatMap(([name, entry]) => {
    const reference = readReference(entry.value, what, problems, id)
    if (reference && shownName.test(name)) return [{ ...reference, name }]
    if (reference) problems.push(badEntryName(name, entry.place, id))
    return []
  })
}

function readUse(
  id: string,
  place: Place,
  value: Located | undefined,
  problems: PipelineError[],
): NodeDeclaration['use'] {
  if (!value) {
    problems.push(missingUse(id, place))
    return undefined
  }
  if (isBroken(value)) return undefined
  if (value.kind !== 'scalar' || typeof value.value !== 'string') {
    problems.push(notAName(`"use" of node "${id}"`, value, 'plugin/operation', id))
    return undefined
  }
  if (!operationName.test(value.value) && /[./:\\]{2}|^[./]|:|\\|\.[cm]?js/.test(value.value)) {
    problems.push(useOfPath(id, { place: value.place, received: value.value }))
    return undefined
  }
  return { type: value.value, place: value.place }
}

/** A reference of any number of names: which of them is a node is known when all nodes are. */
export function readReference(
  value: Located,
  what: string,
  problems: PipelineError[],
  node?: string,
): Reference | undefined {
  if (isBroken(value)) return undefined
  const text = value.kind === 'scalar' && typeof value.value === 'string' ? value.value : undefined
  const match =
    text === undefined ? null : /^([A-Za-z][A-Za-z0-9_-]*)(?:\.([A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*))?$/.exec(text)
  if (match) return { text: match[0], node: match[1]!, port: match[2], place: value.place }
  problems.push(notAnOutput(what, value.place, describeValue(value), node))
  return undefined
}

/** A text of a map, if it is there. */
export function readText(map: LocatedMap, key: string, problems: PipelineError[], node?: string): string | undefined {
  const value = map.entries.get(key)?.value
  if (!value || isBroken(value)) return undefined
  if (value.kind === 'scalar' && typeof value.value === 'string') return value.value
  problems.push(notAText(key, value, node))
  return undefined
}

/** The value where it is a map; else that it is none is reported. */
export function asMap(value: Located, what: string, problems: PipelineError[], node?: string): LocatedMap | undefined {
  if (isBroken(value)) return undefined
  if (value.kind === 'map') return value
  problems.push(notAMap(what, value, node))
  return undefined
}

/** Reports every key of a map that is not among the known ones. */
export function reportUnknownKeys(
  map: LocatedMap,
  known: readonly string[],
  what: string,
  problems: PipelineError[],
  node?: string,
): void {
  for (const [key, entry] of map.entries) {
    if (known.includes(key)) continue
    problems.push(unknownKey(key, known, what, entry.place, node))
  }
}
