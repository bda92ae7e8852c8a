/** Scored test rows. Rows of one unit (the images of a patient in one class, and their copies) carry one label. */
export interface ScoredRows {
  /** Class index of each row. */
  readonly labels: ArrayLike<number>
  /** Class index that each row was given; negative where no answer was given, which is right for no label. */
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
 * @param options - `deals`: deals drawn; the least p is 2 / (deals + 1). `shuffle`: a fair permutation of a list, of the caller's generator.
 * @throws RangeError for a unit whose rows have two labels.
 * @see Phipson and Smyth 2010, Statistical Applications in Genetics and Molecular Biology 9
 */
export function permutationTest(
  rows: ScoredRows,
  { deals, shuffle }: { readonly deals: number; shuffle(this: void, labels: readonly number[]): readonly number[] },
): PermutationResult {
  const units = unitsOf(rows)
  const labels = units.map(({ label }) => label)
  const observed = balancedAccuracy(units, labels, rows.numClasses)
  let [above, below] = [1, 1]
  for (let deal = 0; deal < deals; deal++) {
    const score = balancedAccuracy(units, shuffle(labels), rows.numClasses)
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
    if (predicted[row]! >= 0) unit.predicted[predicted[row]!]!++
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
