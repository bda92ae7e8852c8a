import type { PipelineError } from '@etsef/plugin-api'
import { problem, suggest } from '../errors.js'
import type { Graph, GraphNode } from '../graph/graph.js'
import type { Repeat } from './expand-sweep.js'
import type { CountDeclaration, RepeatDeclaration } from './read-sweep.js'
import type { Setting } from './trial.js'

/** Repetitions of one node. */
export interface NodeRepeats {
  readonly node: string
  readonly repeats: readonly Repeat[]
}

/** What each repetition of a sweep sets at the node that it repeats. */
export interface RepeatsOfNodes {
  /** Other seeds of the node that splits. */
  readonly splits: NodeRepeats | undefined
  /** Every fold of the node that splits as its test rows, once. */
  readonly folds: NodeRepeats | undefined
  /** Other labellings of a source. */
  readonly permutedLabels: NodeRepeats | undefined
}

/** A way to repeat a node: which nodes can be, and what is set. */
interface Way {
  readonly key: keyof RepeatsOfNodes
  /** `splits by a seed of its own`. */
  readonly does: string
  /** What to write instead where no node can. */
  readonly instead: string
  /** The option that a repetition sets; `undefined`: the node cannot be repeated so. */
  optionOf(node: GraphNode): string | undefined
  settings(path: string, index: number, declared: CountDeclaration, node: GraphNode): Repeat
}

const ways: readonly Way[] = [
  {
    key: 'splits',
    does: 'splits by a seed of its own',
    instead: 'repeat seeds instead',
    optionOf: splitSeedOf,
    settings: (path, index, { place }) => one({ path, value: index + 1, place }),
  },
  {
    key: 'folds',
    does: 'splits into folds',
    instead: 'repeat splits instead',
    optionOf: (node) =>
      node.installed.operation.rowPolicy === 'split' && hasOption(node, 'folds') && hasOption(node, 'fold')
        ? 'fold'
        : undefined,
    settings: (path, index, { place, count }, node) => {
      const shown = { path, value: index, place }
      return { shown, settings: [...oneDealing(node, place), { path: `${path}s`, value: count, place }, shown] }
    },
  },
  {
    key: 'permutedLabels',
    does: 'can deal its labels anew',
    instead: 'use a source that has an option permuteLabels',
    optionOf: (node) =>
      node.installed.operation.kind === 'source' && hasOption(node, 'permuteLabels') ? 'permuteLabels' : undefined,
    settings: (path, index, { place }) => one({ path, value: index + 1, place }),
  },
]

/** The repetitions of a sweep; those that no node, or more than one, could have are reported. */
export function repeatsOf(declared: RepeatDeclaration, graph: Graph, problems: PipelineError[]): RepeatsOfNodes {
  const of = (key: Way['key']): NodeRepeats | undefined => {
    const count = declared[key]
    return (
      count &&
      repeatsOfNode(
        count,
        ways.find((way) => way.key === key)!,
        graph,
        problems,
      )
    )
  }
  return { splits: of('splits'), folds: of('folds'), permutedLabels: of('permutedLabels') }
}

function repeatsOfNode(
  declared: CountDeclaration,
  way: Way,
  graph: Graph,
  problems: PipelineError[],
): NodeRepeats | undefined {
  const able = [...graph.nodes.values()].flatMap((node) => {
    const option = way.optionOf(node)
    return option === undefined ? [] : [{ node, option }]
  })
  const wanted = declared.node?.text
  const [found, ...others] = wanted === undefined ? able : able.filter(({ node }) => node.id === wanted)
  if (found && others.length === 0) {
    const path = `${found.node.id}.${found.option}`
    const repeats = Array.from({ length: declared.count }, (_, index) =>
      way.settings(path, index, declared, found.node),
    )
    return { node: found.node.id, repeats }
  }
  const names = able.map(({ node }) => node.id)
  problems.push(
    problem(wanted === undefined ? 'ERR_SWEEP' : 'ERR_UNKNOWN_NODE', {
      message:
        wanted === undefined
          ? `${names.length === 0 ? 'No node' : 'More than one node'} of the pipeline ${way.does}`
          : `"${wanted.slice(0, 80)}" is no node that ${way.does}`,
      place: declared.node?.place ?? declared.place,
      received: names.join(', ') || undefined,
      hint:
        wanted !== undefined
          ? suggest(wanted, names, `nodes, of which each ${way.does}`)
          : names.length === 0
            ? way.instead
            : `write ${way.key}: { node: ${names[0]!}, count: ${String(declared.count)} }`,
    }),
  )
  return undefined
}

function one(setting: Setting): Repeat {
  return { settings: [setting], shown: setting }
}

/** The seed of the run goes together with all options of a node, the fold too: without a seed of its own, each fold would be one of another dealing. */
function oneDealing(node: GraphNode, place: Setting['place']): readonly Setting[] {
  const option = splitSeedOf(node)
  if (option === undefined || node.options[option] !== undefined) return []
  return [{ path: `${node.id}.${option}`, value: 1, place, isDefault: true }]
}

/** The option that seeds the split of a node: `seed`, or the one that ends in `Seed`. */
function splitSeedOf(node: GraphNode): string | undefined {
  if (node.installed.operation.rowPolicy !== 'split') return undefined
  return optionNames(node).find((name) => name === 'seed' || name.endsWith('Seed'))
}

function hasOption(node: GraphNode, name: string): boolean {
  return optionNames(node).includes(name)
}

function optionNames({ installed: { operation } }: GraphNode): readonly string[] {
  const { properties } = operation.options as { readonly properties?: Readonly<Record<string, unknown>> }
  return Object.keys(properties ?? {})
}
