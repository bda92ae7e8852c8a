import type { PipelineError } from '@etsef/plugin-api'
import { problem, suggest } from '../errors.js'
import { edgesInto, type Graph } from '../graph/graph.js'
import type { PlacedText } from './read-parts.js'
import { trialId, type Trial } from './trial.js'

/** Operation that puts the test rows of all folds together. */
export const poolOperation = 'report/pool-folds'

/**
 * A further trial for each set of trials that differ in their fold alone: an evaluation of all their test rows at once.
 *
 * @param foldPath - Setting that says which fold a trial is.
 * @param node - Node that evaluates.
 */
export function pooledTrials(trials: readonly Trial[], foldPath: string, node: PlacedText): readonly Trial[] {
  const pooled = new Map<string, Trial & { readonly pooled: { readonly trials: string[] } }>()
  for (const trial of trials) {
    const settings = trial.settings.map((setting) =>
      setting.path === foldPath ? { ...setting, value: 'pooled', place: node.place } : setting,
    )
    const id = trialId(settings)
    const known = pooled.get(id)
    if (known) known.pooled.trials.push(trial.id)
    else
      pooled.set(id, {
        ...trial,
        id,
        settings,
        repeat: { ...trial.repeat, [foldPath]: 'pooled' },
        pooled: { node: node.text, place: node.place, trials: [trial.id] },
      })
  }
  return [...pooled.values()]
}

/** Why a node of a trial cannot evaluate pooled predictions; `undefined`: it can. */
export function notPoolable(
  { node: id, place }: NonNullable<Trial['pooled']>,
  graph: Graph,
): PipelineError | undefined {
  const node = graph.nodes.get(id)
  if (!node) {
    const reports = [...graph.nodes.values()].filter(({ installed }) => installed.operation.kind === 'report')
    return problem('ERR_UNKNOWN_NODE', {
      message: `"${id.slice(0, 80)}" is no node whose evaluation could be pooled`,
      place,
      hint: suggest(
        id,
        reports.map((each) => each.id),
        'reports',
      ),
    })
  }
  const { operation } = node.installed
  const edges = edgesInto(node)
  const foreign = edges.find(({ kind }) => kind !== 'predictions')
  const { partition = 'test' } = node.options
  const received =
    operation.kind !== 'report'
      ? `${operation.type}, which is no report`
      : foreign
        ? `a node that reads ${foreign.kind} of "${foreign.from.node}"`
        : edges.length === 0
          ? 'a node that reads nothing'
          : partition !== 'test'
            ? `partition ${JSON.stringify(partition)}`
            : undefined
  if (received === undefined) return undefined
  return problem('ERR_SWEEP', {
    message: `What "${id}" says of the folds cannot be pooled`,
    place,
    expected: 'a report of the test rows of predictions, such as report/evaluate',
    received,
  })
}

/** How a node, or the mean of some, is called that is about the rows of all folds. */
export function pooledName(name: string, numFolds: number): string {
  return `${name} pooled over ${String(numFolds)} folds`
}

/** The figure of each fold that a pooled figure is the counterpart of; other figures as they are. */
export function unpooledFigure(figure: string): string {
  return figure.replace(/ pooled over \d+ folds\./, '.')
}
