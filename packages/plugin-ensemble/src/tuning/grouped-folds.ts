import { PipelineError, type Rng } from '@etsef/plugin-api'
import { groupFolds } from '@etsef/plugin-api/semantics'
import type { Labels } from '@etsef/plugin-api/models'

/** Row indices of one fold. */
export interface Fold {
  readonly train: Int32Array
  readonly held: Int32Array
}

/**
 * The folds of `groupFolds`, as row indices.
 *
 * @param components - Component of each row, from 0 on (see `rowComponents`).
 * @throws PipelineError `ERR_TOO_FEW_ROWS` with fewer components than folds, or when a fold would train on one class.
 */
export function groupedFolds(y: Labels, components: Int32Array, numFolds: number, rng: Rng): Fold[] {
  const foldOf = groupFolds({ ...y, components, numFolds, option: 'folds' }, rng)
  const rows = Int32Array.from(components.keys())
  return Array.from({ length: numFolds }, (_, fold) => {
    const train = rows.filter((row) => foldOf[row] !== fold)
    if (new Set(train.map((row) => y.labels[row]!)).size < 2) {
      throw new PipelineError('ERR_TOO_FEW_ROWS', {
        message: `Fold ${fold} leaves training rows of one class only`,
        option: 'folds',
        expected: 'two or more classes in every fold’s training rows',
        hint: 'classes need two groups or more to be learned from in one fold and judged in another',
      })
    }
    return { train, held: rows.filter((row) => foldOf[row] === fold) }
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
