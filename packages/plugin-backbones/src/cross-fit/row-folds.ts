import { PipelineError, type Rng, type Rows } from '@etsef/plugin-api'

/** Rows to spread over folds. */
export type FoldRows = Pick<Rows, 'labels' | 'groups' | 'sourceIds' | 'classNames'>

/**
 * The fold of each row. Rows of one group (patient) and rows made from one image share a fold; classes are spread evenly.
 *
 * Components are dealt in random order, larger ones first, each to the fold in which it leaves the class shares most even, then to the
 * one with the fewest rows.
 *
 * @returns Fold of each row, from 0 to `numFolds - 1`; no fold is empty.
 * @throws PipelineError `ERR_TOO_FEW_ROWS` with fewer components than folds.
 * @see scikit-learn 1.9 StratifiedGroupKFold (same greedy idea; it balances the deviation, not the squares).
 */
export function rowFolds(rows: FoldRows, numFolds: number, rng: Rng): Int32Array {
  const components = rowComponents(rows)
  const tables: Float64Array[] = []
  components.forEach((component, row) => {
    const table = (tables[component] ??= new Float64Array(rows.classNames.length))
    table[rows.labels[row]!]!++
  })
  if (tables.length < numFolds) {
    throw new PipelineError('ERR_TOO_FEW_ROWS', {
      message: `${numFolds} folds need ${numFolds} groups of train rows or more`,
      option: 'crossFit',
      expected: `${numFolds} or more groups`,
      received: `${tables.length} in ${components.length} rows`,
      hint: 'ask for fewer folds',
    })
  }
  const totals = rows.classNames.map((_, k) => tables.reduce((sum, table) => sum + table[k]!, 0))
  const foldCounts = Array.from({ length: numFolds }, () => new Float64Array(totals.length))
  const foldOf = new Int32Array(tables.length)
  const order = rng.shuffle(Array.from(tables.keys())).sort((a, b) => sumOf(tables[b]!) - sumOf(tables[a]!))
  order.forEach((component, position) => {
    // The last components fill folds that are still empty.
    const empty = foldCounts.findIndex((counts) => sumOf(counts) === 0)
    const numEmpty = foldCounts.filter((counts) => sumOf(counts) === 0).length
    const fold = order.length - position <= numEmpty ? empty : bestFold(foldCounts, tables[component]!, totals)
    foldOf[component] = fold
    tables[component]!.forEach((count, k) => (foldCounts[fold]![k]! += count))
  })
  return components.map((component) => foldOf[component]!)
}

/** Classes whose rows all lie in one fold: its model never sees them. */
export function classesInOneFold(rows: FoldRows, folds: Int32Array): readonly string[] {
  return rows.classNames.filter((_, k) => {
    const seen = new Set(folds.filter((_fold, row) => rows.labels[row] === k))
    return seen.size === 1
  })
}

/** Component of each row, numbered from 0 in order of first appearance: rows of one group or one original image belong together. */
function rowComponents({ groups, sourceIds }: FoldRows): Int32Array {
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

function bestFold(foldCounts: readonly Float64Array[], added: Float64Array, totals: readonly number[]): number {
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
