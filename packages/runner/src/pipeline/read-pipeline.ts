import type { PipelineError, Place } from '@etsef/plugin-api'
import { noMemo, type Memo } from '../memo.js'
import { expandParts, type ScopedNode } from './expand-parts.js'
import { emptyMap, type Located, type LocatedEntry, type LocatedMap } from './located.js'
import { noNodes } from './pipeline-problems.js'
import {
  asMap,
  readNode,
  readReference,
  readSeed,
  readText,
  reportUnknownKeys,
  type NodeDeclaration,
  type Reference,
} from './read-node.js'
import { findRings, readParts } from './read-parts.js'
import { createReferences, type References } from './resolve-references.js'

export { asMap, reportUnknownKeys } from './read-node.js'
export type { InputDeclaration, NodeDeclaration, Reference } from './read-node.js'

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
  /** Things worth saying that are no problem. */
  readonly notices: readonly string[]
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
  'parts',
  'nodes',
  'outputs',
]

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
    problems.push(noNodes('The pipeline', nodesEntry?.place ?? map.place))
  }
  const vars = map.entries.get('vars')
  if (vars) asMap(vars.value, '"vars"', problems)
  const { memo = noMemo } = options
  const parts = readParts(map.entries.get('parts')?.value, problems)
  const expanded = expandParts(nodesMap ?? emptyMap(start), {
    parts,
    ringed: findRings(parts, problems),
    problems,
    readNode: (id, entry) => readNodeOnce(id, entry, memo, problems),
  })
  const references = createReferences(problems)
  return {
    file,
    name: text('name') ?? '',
    description: text('description'),
    seed: readSeed(map, problems) ?? 0,
    primaryMetric: text('primaryMetric') === undefined ? undefined : map.entries.get('primaryMetric'),
    engine: text('engine'),
    nodes: expanded.nodes.map((scoped) => resolveOnce(scoped, references, memo)),
    outputs: readOutputs(map, problems)?.flatMap((reference) => references.resolve(reference, expanded.scope)),
    root: map,
    notices: [...parts.values()].flatMap(({ name, place }) =>
      expanded.used.has(name) ? [] : [`part "${name}" (${place.file}:${String(place.line)}) is not used`],
    ),
  }
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

/** The node with its references looked up, as another variant of the pipeline has it where both name the same. */
function resolveOnce(scoped: ScopedNode, references: References, memo: Memo): NodeDeclaration {
  const node = references.ofNode(scoped)
  if (memo === noMemo || node === scoped.node) return node
  return memo.of(['resolved node', node.id, JSON.stringify(node, mapsAsLists)], () => node)
}
