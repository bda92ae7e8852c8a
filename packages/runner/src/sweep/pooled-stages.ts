import type { Spec } from '@etsef/plugin-api'
import { edgesInto, type Edge, type GraphNode, type InstalledOperation } from '../graph/graph.js'
import type { Stage, StageContext } from '../plan/stages.js'
import { pooledName } from './pooled-trials.js'
import type { Trial } from './trial.js'
import { addToUnion, type Union } from './union.js'

/** What a trial is in the union: the stage of the union for each of its own, and those that it is for. */
interface StagesInUnion {
  readonly stageOf: ReadonlyMap<string, string>
  readonly wanted: readonly string[]
}

/** What the keys of pooled stages depend on beside their inputs. */
interface PoolContext extends Pick<StageContext, 'seed' | 'engineId' | 'implementationDigest'> {
  readonly operation: InstalledOperation
}

/**
 * Adds the evaluation of pooled folds: for each of the predictions that it reads a node that takes the test rows of every fold, and a copy
 * of the evaluation that reads those.
 *
 * @param folds - The trials of the folds.
 * @returns The evaluation as what the pooled trial is for.
 */
export function addPooled(
  trial: Trial & { readonly pooled: NonNullable<Trial['pooled']> },
  folds: readonly StagesInUnion[],
  union: Union,
  context: PoolContext,
): StagesInUnion {
  const evaluations = folds.map(({ stageOf }) => union.nodes.get(stageOf.get(trial.pooled.node)!)!)
  const [evaluation] = evaluations as [GraphNode, ...GraphNode[]]
  const content = contentOf(union.stages.get(evaluation.id)!)
  const edgesOfFolds = evaluations.map(edgesInto)
  const pooledEdges = edgesInto(evaluation).map((edge, at): Edge => {
    const id = `${edge.name}@${trial.id}`
    const { place } = edge
    const inputs = edgesOfFolds.map((edges, fold): Edge => ({
      ...edges[at]!,
      to: { node: id, port: 'predictions' },
      name: `fold-${String(fold)}`,
    }))
    const node: GraphNode = {
      id,
      place,
      usePlace: place,
      installed: context.operation,
      options: {},
      placeOfOption: () => place,
      placeOfInput: () => place,
      inputs: { predictions: inputs },
    }
    const { classNames } = union.specs.get(edge.from.node)?.[edge.from.port] ?? {}
    const spec: Spec = { kind: 'predictions', partitions: ['test'], ...(classNames ? { classNames } : {}) }
    const name = addToUnion(node, { predictions: spec }, union, {
      ...context,
      content: () => ({ keyed: {}, absolute: {} }),
    })
    return { ...edge, from: { node: name, port: 'predictions' } }
  })
  const id = `${evaluation.id}@${trial.id}`
  const node: GraphNode = {
    ...evaluation,
    id,
    inputs: Object.fromEntries(
      Object.keys(evaluation.inputs).map((port) => [
        port,
        pooledEdges.filter(({ to }) => to.port === port).map((edge) => ({ ...edge, to: { node: id, port } })),
      ]),
    ),
  }
  const name = addToUnion(node, union.specs.get(evaluation.id), union, { ...context, content: () => content })
  return { stageOf: new Map([[pooledName(trial.pooled.node, folds.length), name]]), wanted: [name] }
}

function contentOf({ ingredients, options }: Stage): ReturnType<StageContext['content']> {
  return { keyed: ingredients.options, absolute: options }
}
