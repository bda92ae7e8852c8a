import { fairBinomialAtLeast } from '@etsef/distributions'
import { createRng } from '@etsef/plugin-api'
import { checkTraining, type Labels } from '@etsef/plugin-api/models'
import { matrix, takeColumns, type Matrix } from '../../numeric/linear-algebra/matrix.js'
import { fitRandomForest } from '../../classifiers/random-forest/random-forest-model.js'
import { rankColumns } from '../../numeric/statistics/rank-columns.js'
import { featureImportances } from '../../numeric/trees/trees.js'
import type { SelectModel } from '../select-columns.js'

/** Options of {@link fitSelectBoruta}. */
export interface BorutaOptions {
  /** Forests grown, each against fresh shadows. */
  readonly rounds: number
  readonly trees: number
  /** Level of the test that decides, after Bonferroni over columns. */
  readonly alpha: number
  readonly seed: string | number
  readonly onRound?: (done: number) => void
}

/**
 * Columns that beat the best of their own shuffled copies more often than chance, in the manner of Boruta.
 *
 * Each round grows a forest on the columns and a shuffled copy of each; a column scores a hit when its importance exceeds
 * the best copy's. Columns with more hits than a fair coin gives at level `alpha`, over the number of columns, are kept.
 * Columns found worse than chance leave early.
 *
 * @returns Scores: share of rounds with a hit. When nothing is confirmed, the one column of most hits is kept.
 * @throws PipelineError as `checkTraining`.
 * @see Kursa and Rudnicki 2010, Feature selection with the Boruta package.
 */
export function fitSelectBoruta(x: Matrix, y: Labels, options: BorutaOptions): SelectModel {
  checkTraining(x, y)
  const hits = new Float64Array(x.numFeatures)
  let alive = Int32Array.from(hits.keys())
  for (let round = 1; round <= options.rounds && alive.length > 0; round++) {
    const { importances, best } = compete(takeColumns(x, alive), y, round, options)
    alive.forEach((j, at) => {
      if (importances[at]! > best) hits[j]!++
    })
    // A column that loses this clearly to shuffled copies will not come back.
    alive = alive.filter((j) => fairBinomialAtLeast(round - hits[j]!, round) > options.alpha / x.numFeatures)
    options.onRound?.(round)
  }
  const confirmed = alive.filter((j) => fairBinomialAtLeast(hits[j]!, options.rounds) <= options.alpha / x.numFeatures)
  const columns = confirmed.length > 0 ? confirmed : rankColumns(hits).slice(0, 1)
  return { kind: 'select', numFeatures: x.numFeatures, columns, scores: hits.map((count) => count / options.rounds) }
}

/** Importances of the columns, and the best one among shuffled copies. */
function compete(
  x: Matrix,
  y: Labels,
  round: number,
  options: BorutaOptions,
): { importances: Float64Array; best: number } {
  const { numSamples, numFeatures: d } = x
  const rng = createRng(options.seed, 'boruta', round)
  const both = matrix(numSamples, 2 * d)
  const rows = Array.from({ length: numSamples }, (_, i) => i)
  for (let j = 0; j < d; j++) {
    const order = rng.shuffle(rows)
    for (let i = 0; i < numSamples; i++) {
      both.data[i * 2 * d + j] = x.data[i * d + j]!
      both.data[i * 2 * d + d + j] = x.data[order[i]! * d + j]!
    }
  }
  const { trees } = fitRandomForest(both, y, { trees: options.trees, seed: `${options.seed}:boruta:${round}` })
  const importances = featureImportances(trees, 2 * d)
  return { importances, best: importances.subarray(d).reduce((most, value) => Math.max(most, value), 0) }
}
