import type { PipelineError, Place } from '@etsef/plugin-api'
import { problem, suggest } from '../errors.js'
import { describeValue, emptyMap, isBroken, type Located, type LocatedMap } from './located.js'
import { overrideFile } from './overrides.js'

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
  problems.push(
    problem('ERR_WRONG_TYPE', {
      message: 'The seed is not a whole number',
      place: value.place,
      node,
      expected: 'a whole number or a text',
      received: describeValue(value),
    }),
  )
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
    if (reference)
      problems.push(
        problem('ERR_BAD_REFERENCE', {
          message: `"${name.slice(0, 80)}" is not a name for an entry of an input`,
          place: entry.place,
          node: id,
          expected: 'letters, digits, "_", "-" and "."',
        }),
      )
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
    problems.push(
      problem('ERR_MISSING_OPTION', {
        message: `Node "${id}" does not say which operation it uses`,
        place,
        node: id,
        expected: 'use: plugin/operation',
      }),
    )
    return undefined
  }
  if (isBroken(value)) return undefined
  if (value.kind !== 'scalar' || typeof value.value !== 'string') {
    problems.push(
      problem('ERR_WRONG_TYPE', {
        message: `"use" of node "${id}" is not a name`,
        place: value.place,
        node: id,
        expected: 'plugin/operation',
        received: describeValue(value),
      }),
    )
    return undefined
  }
  if (!operationName.test(value.value) && /[./:\\]{2}|^[./]|:|\\|\.[cm]?js/.test(value.value)) {
    problems.push(
      problem('ERR_UNKNOWN_OPERATION', {
        message: `"use" of node "${id}" names a path or an address`,
        place: value.place,
        node: id,
        expected: 'the name of an operation of an installed plugin, e.g. data/folder',
        received: value.value.slice(0, 120),
        hint: 'list the plugin in the dependencies of package.json and use its operation by name',
      }),
    )
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
  problems.push(
    problem('ERR_BAD_REFERENCE', {
      message: `${what} does not name an output`,
      place: value.place,
      node,
      expected: 'node or node.port',
      received: describeValue(value),
    }),
  )
  return undefined
}

/** A text of a map, if it is there. */
export function readText(map: LocatedMap, key: string, problems: PipelineError[], node?: string): string | undefined {
  const value = map.entries.get(key)?.value
  if (!value || isBroken(value)) return undefined
  if (value.kind === 'scalar' && typeof value.value === 'string') return value.value
  problems.push(
    problem('ERR_WRONG_TYPE', {
      message: `"${key}" is not a text`,
      place: value.place,
      node,
      expected: 'a text',
      received: describeValue(value),
    }),
  )
  return undefined
}

/** The value where it is a map; else that it is none is reported. */
export function asMap(value: Located, what: string, problems: PipelineError[], node?: string): LocatedMap | undefined {
  if (isBroken(value)) return undefined
  if (value.kind === 'map') return value
  problems.push(
    problem('ERR_WRONG_TYPE', {
      message: `${what} is not a map`,
      place: value.place,
      node,
      expected: 'a map',
      received: describeValue(value),
    }),
  )
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
    problems.push(
      problem('ERR_UNKNOWN_KEY', {
        message: `Unknown key "${key.slice(0, 80)}" in the ${what}`,
        place: entry.place,
        node,
        expected: known.join(', '),
        received: key.slice(0, 80),
        hint: suggest(key, known, 'keys'),
      }),
    )
  }
}
