import { createRng } from '@etsef/plugin-api'

/** Scored test rows. Rows of one unit (the images of a patient in one class, and their copies) carry one label. */
export interface ScoredRows {
  readonly labels: ArrayLike<number>
  readonly predicted: ArrayLike<number>
  readonly units: readonly string[]
  readonly numClasses: number
}

/** A score and how it stands among those of labels dealt anew. */
export interface PermutationResult {
  readonly balancedAccuracy: number
  /** Two-sided, with the observed labels counted among the deals, so that P(p ≤ α) ≤ α for every α where nothing was learned. */
  readonly p: number
}

interface Unit {
  readonly label: number
  readonly size: number
  /** Rows predicted as each class. */
  readonly predicted: Float64Array
}

/**
 * Exact permutation test of balanced accuracy: the labels of the test units are dealt among the units, the predictions stay.
 *
 * Exact (Phipson and Smyth 2010) when test labels were dealt at random given the train labels, whatever the classifier does, how
 * many rows a unit has, and how often a class is predicted; a binomial band would need independent rows.
 *
 * @param deals - Deals drawn; the least p is 2 / (deals + 1).
 */
export function permutationTest(rows: ScoredRows, deals: number, seed: string | number): PermutationResult {
  const units = unitsOf(rows)
  const labels = units.map(({ label }) => label)
  const observed = balancedAccuracy(units, labels, rows.numClasses)
  const rng = createRng(seed, 'permutation-test')
  let [above, below] = [1, 1]
  for (let deal = 0; deal < deals; deal++) {
    const score = balancedAccuracy(units, rng.shuffle(labels), rows.numClasses)
    if (score >= observed - 1e-12) above++
    if (score <= observed + 1e-12) below++
  }
  return { balancedAccuracy: observed, p: Math.min(1, (2 * Math.min(above, below)) / (deals + 1)) }
}

function unitsOf({ labels, predicted, units, numClasses }: ScoredRows): readonly Unit[] {
  const byName = new Map<string, { label: number; size: number; predicted: Float64Array }>()
  units.forEach((name, row) => {
    const unit = byName.get(name) ?? { label: labels[row]!, size: 0, predicted: new Float64Array(numClasses) }
    if (unit.label !== labels[row]) throw new RangeError(`unit "${name}" has two labels`)
    unit.size++
    unit.predicted[predicted[row]!]!++
    byName.set(name, unit)
  })
  return [...byName.values()]
}

/** Mean recall over the classes that occur. */
function balancedAccuracy(units: readonly Unit[], labels: readonly number[], numClasses: number): number {
  const [hits, sizes] = [new Float64Array(numClasses), new Float64Array(numClasses)]
  for (let u = 0; u < units.length; u++) {
    const label = labels[u]!
    hits[label]! += units[u]!.predicted[label]!
    sizes[label]! += units[u]!.size
  }
  let [sum, present] = [0, 0]
  for (let c = 0; c < numClasses; c++) {
    if (sizes[c] === 0) continue
    sum += hits[c]! / sizes[c]!
    present++
  }
  return sum / present
}

/** P(X ≤ k) of a binomial variable. */
export function binomialCdf(k: number, trials: number, probability: number): number {
  let [term, sum] = [(1 - probability) ** trials, 0]
  for (let i = 0; i <= Math.min(k, trials); i++) {
    sum += term
    term *= ((trials - i) / (i + 1)) * (probability / (1 - probability))
  }
  return Math.min(1, sum)
}

/** Holm's step-down adjustment of p-values, in their order (Holm 1979). */
export function holmAdjusted(pValues: readonly number[]): readonly number[] {
  const order = pValues.map((_, i) => i).sort((a, b) => pValues[a]! - pValues[b]!)
  const adjusted = new Array<number>(pValues.length)
  let largest = 0
  order.forEach((i, rank) => {
    largest = Math.max(largest, Math.min(1, (pValues.length - rank) * pValues[i]!))
    adjusted[i] = largest
  })
  return adjusted
}
