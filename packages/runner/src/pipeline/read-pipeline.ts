import type { PipelineError, Place } from '@etsef/plugin-api'
import { problem, suggest } from '../errors.js'
import { noMemo, type Memo } from '../memo.js'
import { describeValue, emptyMap, isBroken, type Located, type LocatedEntry, type LocatedMap } from './located.js'
import { overrideFile } from './overrides.js'

/** A reference `node` or `node.port`, as it stands in the text. */
export interface Reference {
  readonly text: string
  readonly node: string
  /** Left out: the first output of the node. */
  readonly port: string | undefined
  readonly place: Place
}

/** References at one input. */
export interface InputDeclaration {
  readonly place: Place
  readonly isList: boolean
  /** An empty list was written. */
  readonly isEmpty: boolean
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
}

/** A pipeline as it is written, extends, overrides and variables resolved. */
export interface PipelineDocument {
  readonly file: string
  readonly name: string
  readonly description: string | undefined
  readonly seed: string | number
  /** Handed to every operation that has an option of this name. */
  readonly primaryMetric: LocatedEntry | undefined
  readonly engine: string | undefined
  readonly nodes: readonly NodeDeclaration[]
  /** Nodes wanted; `undefined`: every node that nothing reads. */
  readonly outputs: readonly Reference[] | undefined
  readonly root: LocatedMap
}

const topKeys = [
  'name',
  'description',
  'seed',
  'primaryMetric',
  'engine',
  'vars',
  'extends',
  'profiles',
  'nodes',
  'outputs',
]
const nodeKeys = ['use', 'in', 'with', 'description']
const nodeName = /^[A-Za-z][A-Za-z0-9_-]*$/
const operationName = /^[a-z0-9]+(-[a-z0-9]+)*\/[a-z0-9]+(-[a-z0-9]+)*$/

/** The pipeline of a resolved document; problems of form are reported. */
export function readPipeline(
  root: Located,
  file: string,
  problems: PipelineError[],
  options: { readonly mayLackNodes?: boolean; readonly memo?: Memo } = {},
): PipelineDocument {
  const start: Place = { file, line: 1, column: 1 }
  const map = asMap(root, 'A pipeline', problems) ?? emptyMap(start)
  reportUnknownKeys(map, topKeys, 'pipeline', problems)
  const text = (key: string): string | undefined => readText(map, key, problems)
  const nodesEntry = map.entries.get('nodes')
  const nodesMap = nodesEntry ? asMap(nodesEntry.value, '"nodes"', problems) : undefined
  if ((!nodesEntry && !options.mayLackNodes) || nodesMap?.entries.size === 0) {
    problems.push(
      problem('ERR_MISSING_OPTION', {
        message: 'The pipeline has no nodes',
        place: nodesEntry?.place ?? map.place,
        expected: 'nodes: { name: { use: … } }',
      }),
    )
  }
  const vars = map.entries.get('vars')
  if (vars) asMap(vars.value, '"vars"', problems)
  const { memo = noMemo } = options
  const nodes = [...(nodesMap?.entries ?? [])].map(([id, entry]) => readNodeOnce(id, entry, memo, problems))
  return {
    file,
    name: text('name') ?? '',
    description: text('description'),
    seed: readSeed(map, problems),
    primaryMetric: text('primaryMetric') === undefined ? undefined : map.entries.get('primaryMetric'),
    engine: text('engine'),
    nodes,
    outputs: readOutputs(map, problems),
    root: map,
  }
}

function readSeed(map: LocatedMap, problems: PipelineError[]): string | number {
  const value = map.entries.get('seed')?.value
  if (!value || isBroken(value)) return 0
  if (value.kind === 'scalar' && typeof value.value === 'number' && Number.isSafeInteger(value.value))
    return value.value
  if (value.kind === 'scalar' && typeof value.value === 'string') return value.value
  problems.push(
    problem('ERR_WRONG_TYPE', {
      message: 'The seed is not a whole number',
      place: value.place,
      expected: 'a whole number or a text',
      received: describeValue(value),
    }),
  )
  return 0
}

function readOutputs(map: LocatedMap, problems: PipelineError[]): readonly Reference[] | undefined {
  const value = map.entries.get('outputs')?.value
  if (!value) return undefined
  const items = value.kind === 'list' ? value.items : [value]
  return items.flatMap((item) => readReference(item, '"outputs"', problems) ?? [])
}

/** The node as another variant of the pipeline has it, or read anew: the same tree is the same node, and so is one that says the same at the same places. */
function readNodeOnce(id: string, entry: LocatedEntry, memo: Memo, problems: PipelineError[]): NodeDeclaration {
  const numBefore = problems.length
  const isFine = (): boolean => problems.length === numBefore
  const read = (): NodeDeclaration => readNode(id, entry.place, entry.value, problems)
  if (memo === noMemo) return read()
  return memo.of(
    ['node', id, entry.place, entry.value],
    () => memo.of(['node as text', id, JSON.stringify(entry, mapsAsLists)], read, isFine),
    isFine,
  )
}

/** For JSON, which knows no maps and of numbers no infinite ones. */
function mapsAsLists(_: string, value: unknown): unknown {
  if (value instanceof Map) return [...(value as ReadonlyMap<unknown, unknown>)]
  return typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))
    ? ['number', Object.is(value, -0) ? '-0' : String(value)]
    : value
}

function readNode(id: string, place: Place, value: Located, problems: PipelineError[]): NodeDeclaration {
  if (!nodeName.test(id)) {
    problems.push(
      problem('ERR_BAD_REFERENCE', {
        message: `"${id.slice(0, 80)}" is not a name for a node`,
        place,
        expected: 'a letter, then letters, digits, "_" and "-"',
      }),
    )
  }
  const written = asMap(value, `Node "${id}"`, problems)
  const map = written ?? emptyMap(place)
  reportUnknownKeys(map, nodeKeys, `node "${id}"`, problems, id)
  const use = map.entries.get('use')
  const inMap = map.entries.get('in')
  const withMap = map.entries.get('with')
  const inputs = new Map<string, InputDeclaration>()
  const inputsMap = inMap && asMap(inMap.value, `"in" of node "${id}"`, problems, id)
  for (const [port, entry] of inputsMap?.entries ?? []) {
    const isList = entry.value.kind === 'list'
    const items = entry.value.kind === 'list' ? entry.value.items : [entry.value]
    const references = items.flatMap(
      (item) => readReference(item, `Input "${port}" of node "${id}"`, problems, id) ?? [],
    )
    inputs.set(port, { place: entry.place, isList, isEmpty: items.length === 0, references })
  }
  return {
    id,
    place,
    use: written && readUse(id, place, use?.value, problems),
    isUseOverridden: use?.value.place.file === overrideFile,
    inputs,
    options:
      (withMap && asMap(withMap.value, `"with" of node "${id}"`, problems, id)) ??
      emptyMap(withMap?.value.place ?? place),
    description: readText(map, 'description', problems, id),
  }
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

function readReference(value: Located, what: string, problems: PipelineError[], node?: string): Reference | undefined {
  if (isBroken(value)) return undefined
  const text = value.kind === 'scalar' && typeof value.value === 'string' ? value.value : undefined
  const match = text === undefined ? null : /^([A-Za-z][A-Za-z0-9_-]*)(?:\.([A-Za-z][A-Za-z0-9_-]*))?$/.exec(text)
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

function readText(map: LocatedMap, key: string, problems: PipelineError[], node?: string): string | undefined {
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
