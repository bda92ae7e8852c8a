import { PipelineError, type FeatureBatch, type OperationContext } from '@etsef/plugin-api'
import { rowComponents } from '@etsef/plugin-api/semantics'
import { checkTraining, featureMatrix } from '@etsef/plugin-api/models'
import { logLoss, loss as lossOf, type LossName } from '../combining/members/losses.js'
import type { Matrix } from '../numeric/linear-algebra/matrix.js'
import type { Candidate } from './candidates.js'
import { fitClassifier, fitSteps, innerContext, type Chain, type ChainOptions, type ChainState } from './chain.js'
import { createCrossFit, type FoldedTable } from './cross-fit-model.js'
import { groupedFolds } from './grouped-folds.js'
import { exhaustiveSearch, successiveHalving, type Evaluate, type Losses, type Trial } from './search.js'

/** How {@link tuneClassifier} searches. */
export interface TuneSettings {
  /** Settings to try; at least one. */
  readonly candidates: readonly Candidate[]
  /** Candidates dropped per round of successive halving; left out, every candidate is judged on all rows. */
  readonly factor?: number
  readonly folds: number
  readonly loss: LossName
  /** All options of the chain for a candidate. */
  readonly complete: (candidate: Candidate) => ChainOptions
}

/** What {@link tuneClassifier} found. */
export interface TunedClassifier {
  readonly options: ChainOptions
  /** Loss of the winner on the held-out rows. */
  readonly loss: number
  readonly trials: readonly Trial[]
  /** The winner, fitted on all rows. */
  readonly state: ChainState
  /** `[numSamples, numClasses]`: the winner's scores for each row, by the fold that had not seen it. */
  readonly outOfFold: Matrix
}

/**
 * Chooses options of a classifier and its steps by cross-fitting inside the training rows, then fits them on all of them.
 *
 * The loss is that of the held-out rows of all folds together, not a mean over folds, so that small folds and classes
 * missing in one do not distort it. The winner's inner loss is optimistic (it is the least of several): report a test set.
 *
 * A setting the classifier refuses on some fold is out, with a warning and a loss that is not a number.
 *
 * @param table - Training rows only.
 * @throws PipelineError `ERR_TOO_FEW_ROWS`, `ERR_BAD_DATA`, `ERR_NOT_FINITE`; what the classifier throws when it refuses all.
 */
export async function tuneClassifier(
  chain: Chain,
  table: FeatureBatch,
  settings: TuneSettings,
  ctx: OperationContext,
): Promise<TunedClassifier> {
  const crossFit = createCrossFit(chain, foldTable(table, settings.folds, ctx), ctx)
  let kept: { readonly losses: Losses; readonly candidate: Candidate; readonly scores: Matrix } | undefined
  let done = 0
  let failure: unknown
  const evaluate: Evaluate = async (candidate, share) => {
    ctx.progress(done++, Math.max(done, settings.candidates.length), 'trials')
    try {
      const scores = await crossFit(settings.complete(candidate), share)
      const tieBreak = logLoss(scores, table.labels)
      const losses = { loss: lossOf(settings.loss, scores, table.labels), tieBreak }
      if (share === 1 && (!kept || isLess(losses, kept.losses))) kept = { losses, candidate, scores }
      return losses
    } catch (error) {
      // A setting may ask for more than the rows of a fold give (neighbors: 50 on 40 rows): it is out, the search goes on.
      if (!(error instanceof PipelineError)) throw error
      ctx.log('warn', `${JSON.stringify(candidate)} cannot be fitted on a fold: ${error.message}`)
      failure = error
      return { loss: NaN, tieBreak: NaN }
    }
  }
  const { candidates, factor } = settings
  const { trials, best } =
    factor === undefined
      ? await exhaustiveSearch(candidates, evaluate)
      : await successiveHalving(candidates, factor, evaluate)
  const won = trials.find(({ candidate, share }) => candidate === best && share === 1)
  if (!won || Number.isNaN(won.loss)) throw failure
  const options = settings.complete(won.options)
  const outOfFold = kept?.candidate === won.options ? kept.scores : await crossFit(options, 1)
  return { options, loss: won.loss, trials, state: await refit(chain, table, options, ctx), outOfFold }
}

async function refit(
  chain: Chain,
  table: FeatureBatch,
  options: ChainOptions,
  ctx: OperationContext,
): Promise<ChainState> {
  const inner = innerContext(ctx, 'refit')
  const rows = Int32Array.from(table.ids.keys())
  const { states, fitted } = await fitSteps(chain, table, rows, [], options.steps, inner)
  return { steps: states, classifier: await fitClassifier(chain, fitted, options.classifier, inner) }
}

function foldTable(table: FeatureBatch, numFolds: number, ctx: OperationContext): FoldedTable {
  if (table.ids.length === 0) {
    throw new PipelineError('ERR_TOO_FEW_ROWS', {
      message: 'There are no training rows',
      hint: 'split the rows upstream, and give the train partition a share',
    })
  }
  const y = { labels: table.labels, numClasses: table.classNames.length }
  checkTraining(featureMatrix(table), y)
  const components = rowComponents(table.groups, table.sourceIds)
  return { table, y, components, folds: groupedFolds(y, components, numFolds, ctx.rng('folds')) }
}

function isLess(a: Losses, b: Losses): boolean {
  return a.loss < b.loss || (a.loss === b.loss && a.tieBreak < b.tieBreak)
}
