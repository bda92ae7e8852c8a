import { PipelineError, type Rng } from '@etsef/plugin-api'
import type { Labels } from '../checks/training-data.js'

/** Row indices of one fold. */
export interface Fold {
  readonly train: Int32Array
  readonly held: Int32Array
}

/**
 * Folds that share no component and have classes in nearly equal shares.
 *
 * Components are dealt in random order, larger ones first, each to the fold in which it leaves the class shares most even,
 * then to the one with the fewest rows. With one row per component the counts of a class differ by at most 1 between
 * folds. No fold is empty.
 *
 * @param components - Component of each row, from 0 on (see `rowComponents`).
 * @throws PipelineError `ERR_TOO_FEW_ROWS` with fewer components than folds, or when a fold would train on one class.
 * @see scikit-learn 1.9 StratifiedGroupKFold (same greedy idea; it balances the deviation, not the squares).
 */
export function groupedFolds(y: Labels, components: Int32Array, numFolds: number, rng: Rng): Fold[] {
  const tables = countClasses(y, components)
  if (tables.length < numFolds) {
    throw new PipelineError('ERR_TOO_FEW_ROWS', {
      message: `${numFolds} folds need ${numFolds} groups of training rows or more`,
      option: 'folds',
      expected: `${numFolds} or more groups`,
      received: `${tables.length} in ${components.length} rows`,
      hint: 'ask for fewer folds',
    })
  }
  const totals = sumTables(tables, y.numClasses)
  const foldCounts = Array.from({ length: numFolds }, () => new Float64Array(y.numClasses))
  const foldOf = new Int32Array(tables.length)
  const order = rng.shuffle(Array.from(tables.keys())).sort((a, b) => sumOf(tables[b]!) - sumOf(tables[a]!))
  for (const component of order) {
    const fold = bestFold(foldCounts, tables[component]!, totals)
    foldOf[component] = fold
    tables[component]!.forEach((count, k) => (foldCounts[fold]![k]! += count))
  }
  const rows = Int32Array.from(components.keys())
  return foldCounts.map((held, fold) => {
    if (totals.filter((total, k) => total - held[k]! > 0).length < 2) {
      throw new PipelineError('ERR_TOO_FEW_ROWS', {
        message: `Fold ${fold} leaves training rows of one class only`,
        option: 'folds',
        expected: 'two or more classes in every fold’s training rows',
        hint: 'classes need two groups or more to be learned from in one fold and judged in another',
      })
    }
    return {
      train: rows.filter((row) => foldOf[components[row]!] !== fold),
      held: rows.filter((row) => foldOf[components[row]!] === fold),
    }
  })
}

/**
 * A share of the rows, whole components only, with every class that the rows have.
 *
 * @param rows - Positions to take from.
 * @param share - Wanted share in (0, 1]; 1 gives all rows. Rounded up to whole components and to one component per class.
 * @returns Positions, ascending.
 */
export function takeShare(rows: Int32Array, y: Labels, components: Int32Array, share: number, rng: Rng): Int32Array {
  if (share >= 1) return rows
  const shuffled = rng.shuffle([...new Set(Array.from(rows, (row) => components[row]!))])
  const byComponent = new Map<number, number[]>()
  for (const row of rows) {
    const known = byComponent.get(components[row]!)
    if (known) known.push(row)
    else byComponent.set(components[row]!, [row])
  }
  // One component of each class first, then the others, all in shuffled order.
  const classOf = (component: number): number => y.labels[byComponent.get(component)![0]!]!
  const turn = new Map<number, number>()
  const place = shuffled.map((component) => {
    const at = turn.get(classOf(component)) ?? 0
    turn.set(classOf(component), at + 1)
    return at
  })
  const order = shuffled.map((_, at) => at).sort((a, b) => place[a]! - place[b]! || a - b)
  const wanted = share * rows.length
  const missing = new Set(Array.from(rows, (row) => y.labels[row]!))
  const taken: number[] = []
  for (const at of order) {
    const members = byComponent.get(shuffled[at]!)!
    if (taken.length >= wanted && missing.size === 0) break
    if (taken.length >= wanted && !members.some((row) => missing.has(y.labels[row]!))) continue
    for (const row of members) {
      taken.push(row)
      missing.delete(y.labels[row]!)
    }
  }
  return Int32Array.from(taken).sort()
}

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

function countClasses(y: Labels, components: Int32Array): Float64Array[] {
  const tables: Float64Array[] = []
  components.forEach((component, row) => {
    const table = (tables[component] ??= new Float64Array(y.numClasses))
    table[y.labels[row]!]!++
  })
  return tables
}

function sumTables(tables: readonly Float64Array[], numClasses: number): Float64Array {
  const totals = new Float64Array(numClasses)
  for (const table of tables) table.forEach((count, k) => (totals[k]! += count))
  return totals
}

function sumOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0)
}
