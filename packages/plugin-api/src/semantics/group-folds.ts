import { PipelineError } from '../errors.js'
import type { Rng } from '../rng.js'

/**
 * Rows that must stay in one fold: those of one patient, and those made from one image.
 *
 * @param groups - Patient, video or slide of each row; `''` where there is none.
 * @param sourceIds - Original image of each row; `''` where it is not known.
 * @returns Component of each row, numbered from 0 in order of first appearance.
 */
export function rowComponents(groups: readonly string[], sourceIds: readonly string[]): Int32Array {
  const parent = Int32Array.from(groups.keys())
  const find = (row: number): number => {
    let root = row
    while (parent[root]! !== root) root = parent[root]!
    for (let at = row; at !== root;) [parent[at], at] = [root, parent[at]!]
    return root
  }
  for (const names of [groups, sourceIds]) {
    const first = new Map<string, number>()
    names.forEach((name, row) => {
      if (name === '') return
      const known = first.get(name)
      if (known === undefined) first.set(name, row)
      else parent[find(row)] = find(known)
    })
  }
  const numbers = new Map<number, number>()
  return Int32Array.from(groups, (_, row) => {
    const root = find(row)
    const number = numbers.get(root) ?? numbers.size
    numbers.set(root, number)
    return number
  })
}

/** Rows to spread over folds. */
export interface FoldTask {
  /** Class of each row, from 0 to `numClasses - 1`. */
  readonly labels: Int32Array
  readonly numClasses: number
  /** Component of each row, from 0 on; see {@link rowComponents}. */
  readonly components: Int32Array
  readonly numFolds: number
  /** Option that an error names. */
  readonly option: string
}

/**
 * The fold of each row: folds share no component and have classes in nearly equal shares.
 *
 * Components are dealt in random order, larger ones first, each to the fold in which it leaves the class shares most even, then to the
 * one with the fewest rows. With one row per component the counts of a class differ by at most 1 between folds.
 *
 * @returns Fold of each row, from 0 to `numFolds - 1`; no fold is empty.
 * @throws PipelineError `ERR_TOO_FEW_ROWS` with fewer components than folds.
 * @see scikit-learn 1.9 StratifiedGroupKFold (same greedy idea; it balances the deviation, not the squares).
 */
export function groupFolds({ labels, numClasses, components, numFolds, option }: FoldTask, rng: Rng): Int32Array {
  const tables: Float64Array[] = []
  components.forEach((component, row) => {
    const table = (tables[component] ??= new Float64Array(numClasses))
    table[labels[row]!]!++
  })
  if (tables.length < numFolds) {
    throw new PipelineError('ERR_TOO_FEW_ROWS', {
      message: `${String(numFolds)} folds need ${String(numFolds)} groups of training rows or more`,
      option,
      expected: `${String(numFolds)} or more groups`,
      received: `${String(tables.length)} in ${String(components.length)} rows`,
      hint: 'ask for fewer folds',
    })
  }
  const totals = new Float64Array(numClasses)
  for (const table of tables) table.forEach((count, k) => (totals[k]! += count))
  const foldCounts = Array.from({ length: numFolds }, () => new Float64Array(numClasses))
  const foldOf = new Int32Array(tables.length)
  const order = rng.shuffle(Array.from(tables.keys())).sort((a, b) => sumOf(tables[b]!) - sumOf(tables[a]!))
  for (const component of order) {
    const fold = bestFold(foldCounts, tables[component]!, totals)
    foldOf[component] = fold
    tables[component]!.forEach((count, k) => (foldCounts[fold]![k]! += count))
  }
  return components.map((component) => foldOf[component]!)
}

/** An empty fold comes first: it has the least cost there can be, and the fewest rows. */
function bestFold(foldCounts: readonly Float64Array[], added: Float64Array, totals: Float64Array): number {
  let best = 0
  let [bestCost, bestSize] = [Infinity, Infinity]
  foldCounts.forEach((counts, fold) => {
    let cost = 0
    for (let k = 0; k < added.length; k++) {
      if (added[k]! > 0) cost += (2 * counts[k]! * added[k]! + added[k]! ** 2) / totals[k]! ** 2
    }
    const size = sumOf(counts)
    // Costs that differ by rounding only are equal.
    const isLess = cost < bestCost * (1 - 1e-12)
    if (isLess || (cost <= bestCost * (1 + 1e-12) && size < bestSize)) [best, bestCost, bestSize] = [fold, cost, size]
  })
  return best
}

function sumOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0)
}
