import { createRng } from '@etsef/plugin-api'
import { checkTraining, type Labels } from '@etsef/plugin-api/models'
import { takeRows, type Matrix } from '../../numeric/linear-algebra/matrix.js'
import { keepBest, type SelectModel } from '../select-columns.js'

/** Options of {@link fitSelectStability}. */
export interface StabilityOptions {
  readonly components: number
  /** Half-samples drawn. */
  readonly rounds: number
  readonly seed: string | number
  readonly onRound?: (done: number) => void
}

/** A selection with how far it can be trusted to come out again. */
export interface StableSelection extends SelectModel {
  /** Agreement of the half-samples' selections: 1 when all are equal, about 0 when they are random. */
  readonly stability: number
}

/**
 * The columns that a selector picks most often on random halves of the training rows, halved class by class.
 *
 * @param select - The base selector; gives so many columns.
 * @returns Scores: share of halves in which the column was picked.
 * @throws PipelineError as the base selector and `checkTraining`.
 * @see Meinshausen and Bühlmann 2010, Stability selection. Nogueira, Sechidis and Brown 2018, On the stability of feature
 * selection algorithms, eq. 4.
 */
export function fitSelectStability(
  x: Matrix,
  y: Labels,
  select: (x: Matrix, y: Labels) => SelectModel,
  options: StabilityOptions,
): StableSelection {
  const present = checkTraining(x, y)
  const counts = new Float64Array(x.numFeatures)
  for (let round = 0; round < options.rounds; round++) {
    const rng = createRng(options.seed, 'stability', round)
    const rows = Array.from(present).flatMap((label) => {
      const own = Array.from(y.labels.keys()).filter((i) => y.labels[i] === label)
      return rng.shuffle(own).slice(0, Math.ceil(own.length / 2))
    })
    rows.sort((a, b) => a - b)
    const half = { labels: Int32Array.from(rows, (i) => y.labels[i]!), numClasses: y.numClasses }
    for (const j of select(takeRows(x, rows), half).columns) counts[j]!++
    options.onRound?.(round + 1)
  }
  const scores = counts.map((count) => count / options.rounds)
  return { ...keepBest(scores, options.components), stability: stabilityIndex(scores, options.rounds) }
}

/** Nogueira's index from the share of rounds each column was picked in; NaN when none or all columns always are. */
export function stabilityIndex(shares: Float64Array, rounds: number): number {
  const d = shares.length
  const mean = shares.reduce((sum, share) => sum + share, 0) / d
  const variance = shares.reduce((sum, share) => sum + (rounds / (rounds - 1)) * share * (1 - share), 0) / d
  return 1 - variance / (mean * (1 - mean))
}
