import type { Rng } from '@etsef/plugin-api'
import { matrix } from '../../numeric/linear-algebra/matrix.js'
import { loss, logLoss, type LossName } from '../members/losses.js'
import type { Member } from '../members/member.js'

/** What {@link greedySelection} chose. */
export interface GreedySelection {
  /** Per member: how often it was taken / rounds kept; sums to 1. */
  readonly weights: Float64Array
  /** Member taken in each round that was tried. */
  readonly order: readonly number[]
  /** Loss of the running mean after each round, not rounded. */
  readonly losses: readonly number[]
  /** Rounds kept: up to the first with the least loss. */
  readonly numRounds: number
}

/**
 * Greedy ensemble selection with replacement: each round takes the member that lowers the loss of the running mean most.
 *
 * Members within 1e-12 (relative) of the best tie: those already in are preferred, then the smaller log loss, then a
 * seeded draw. From the second round on losses are compared rounded to 6 digits, so that rounding noise admits no
 * duplicate. After `rounds` rounds the sequence is cut back to the first round with the least loss.
 *
 * @param members - With probabilities on labelled rows the members were not fitted on.
 * @param options - `rounds`: members taken at most, ≥ 1, default 25; `loss`: default `logLoss`.
 * @param rng - Draws among members that tie in everything.
 * @throws RangeError without members or without rows.
 * @see Caruana et al. 2004, Ensemble selection from libraries of models; AutoGluon `EnsembleSelection` at f34ebb4, whose
 * rule this is. Differences: a class shared at the top counts 1/t in `error` and `balancedError`, and the log-loss
 * tie-break is always on.
 */
export function greedySelection(
  members: readonly Member[],
  labels: Int32Array,
  options: { readonly rounds?: number; readonly loss?: LossName },
  rng: Rng,
): GreedySelection {
  const [first] = members
  if (!first || labels.length === 0) throw new RangeError('greedySelection: needs members and labelled rows')
  const lossName = options.loss ?? 'logLoss'
  const numRounds = members.length === 1 ? 1 : (options.rounds ?? 25)
  const sum = new Float64Array(first.probabilities.data.length)
  const trial = matrix(first.probabilities.numSamples, first.probabilities.numFeatures)
  const order: number[] = []
  const losses: number[] = []
  const compared: number[] = []
  const lossWith = (m: number, name: LossName): number => {
    const { data } = members[m]!.probabilities
    const share = 1 / (order.length + 1)
    for (let at = 0; at < sum.length; at++) trial.data[at] = (sum[at]! + data[at]!) * share
    return name === 'logLoss' ? logLoss(trial, labels) : loss(name, trial, labels)
  }
  let isRounded = false
  for (let round = 0; round < numRounds; round++) {
    const exact = members.map((_, m) => lossWith(m, lossName))
    const scores = isRounded ? exact.map(toSixDigits) : exact
    let best = leastOf(scores, members.keys())
    const known = best.filter((m) => order.includes(m))
    if (best.length > 1 && known.length > 0) best = known
    if (best.length > 1 && lossName !== 'logLoss') {
      const tieBreak = new Map(best.map((m) => [m, lossWith(m, 'logLoss')]))
      best = leastOf(
        members.map((_, m) => tieBreak.get(m) ?? Infinity),
        best,
      )
    }
    const chosen = best.length > 1 ? best[rng.integer(best.length)]! : best[0]!
    // A first loss near zero would vanish in rounding; then losses stay exact (AutoGluon's epsilon).
    if (round === 0) isRounded = Math.abs(exact[chosen]!) > 1e-4
    compared.push(isRounded ? toSixDigits(exact[chosen]!) : exact[chosen]!)
    losses.push(exact[chosen]!)
    order.push(chosen)
    const { data } = members[chosen]!.probabilities
    for (let at = 0; at < sum.length; at++) sum[at]! += data[at]!
  }
  const kept = compared.indexOf(Math.min(...compared)) + 1
  const weights = new Float64Array(members.length)
  for (const m of order.slice(0, kept)) weights[m]! += 1 / kept
  return { weights, order, losses, numRounds: kept }
}

function leastOf(scores: readonly number[], candidates: Iterable<number>): number[] {
  const indices = [...candidates]
  const least = Math.min(...indices.map((m) => scores[m]!))
  return indices.filter((m) => Math.abs(scores[m]! - least) <= 1e-12 * Math.abs(least))
}

function toSixDigits(value: number): number {
  return Math.round(value * 1e6) / 1e6
}
