import type { PipelineError, Place } from '@etsef/plugin-api'
import { noMemo, type Memo } from '../memo.js'
import { expandParts } from './expand-parts.js'
import { emptyMap, mapsAsLists, type Located, type LocatedEntry, type LocatedMap } from './located.js'
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
import { createReferences, resolveNodes } from './resolve-references.js'

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
  /** Nodes wanted; `undefined`: every node that nothing reads, and every report. */
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
  const partsEntry = map.entries.get('parts')
  const numProblems = problems.length
  const { parts, ringed } = memo.of(
    ['parts', partsEntry?.value],
    () => {
      const read = readParts(partsEntry?.value, problems)
      return { parts: read, ringed: findRings(read, problems) }
    },
    () => problems.length === numProblems,
  )
  const readOne = (id: string, entry: LocatedEntry): NodeDeclaration => readNodeOnce(id, entry, memo, problems)
  const expanded = expandParts(nodesMap ?? emptyMap(start), { parts, ringed, problems, readNode: readOne }, memo)
  const used = new Set(expanded.blocks.flatMap((block) => [...block.used]))
  const references = createReferences(problems)
  return {
    file,
    name: text('name') ?? '',
    description: text('description'),
    seed: readSeed(map, problems) ?? 0,
    primaryMetric: text('primaryMetric') === undefined ? undefined : map.entries.get('primaryMetric'),
    engine: text('engine'),
    nodes: resolveNodes(expanded, references, problems, memo),
    outputs: readOutputs(map, problems)?.flatMap((reference) => references.resolve(reference, expanded.scope)),
    root: map,
    notices: [...parts.values()].flatMap(({ name, place }) =>
      used.has(name) ? [] : [`part "${name}" (${place.file}:${String(place.line)}) is not used`],
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
