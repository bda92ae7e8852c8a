import { PipelineError } from '@etsef/plugin-api'
import { matrix, type Matrix } from '../../numeric/linear-algebra/matrix.js'
import { scaleRows } from './platt.js'

/** A rising line of straight pieces. */
interface RisingLine {
  readonly scores: Float64Array
  readonly values: Float64Array
}

/** A rising function per class. */
export interface IsotonicModel {
  readonly kind: 'isotonic'
  readonly lines: readonly RisingLine[]
}

/**
 * Isotonic regression of each class against the rest: the best rising map from score to share.
 *
 * Needs more rows than Platt's sigmoid (some hundred a class) and gives exact 0 and 1 at the ends.
 *
 * @param scores - `[numSamples, numClasses]`; larger means more likely.
 * @throws PipelineError `ERR_TOO_FEW_ROWS` without rows.
 * @see Zadrozny and Elkan 2002; pool-adjacent-violators. scikit-learn 1.9 IsotonicRegression(out_of_bounds='clip').
 */
export function fitIsotonic(scores: Matrix, labels: Int32Array): IsotonicModel {
  if (scores.numSamples === 0) {
    throw new PipelineError('ERR_TOO_FEW_ROWS', { message: 'Fitting a rising map needs at least one row' })
  }
  const { numSamples, numFeatures: numClasses } = scores
  const lines = Array.from({ length: numClasses }, (_, k) =>
    poolAdjacentViolators(
      Float64Array.from({ length: numSamples }, (__, i) => scores.data[i * numClasses + k]!),
      Float64Array.from(labels, (label) => (label === k ? 1 : 0)),
    ),
  )
  return { kind: 'isotonic', lines }
}

/** The maps' values scaled to sum 1 a row; equal shares where all are 0. The predicted class may change. */
export function applyIsotonic(model: IsotonicModel, scores: Matrix): Matrix {
  const k = model.lines.length
  const result = matrix(scores.numSamples, k)
  for (let at = 0; at < result.data.length; at++) result.data[at] = valueAt(model.lines[at % k]!, scores.data[at]!)
  return scaleRows(result)
}

/** Least-squares rising values at the distinct scores, kept only where the line bends. */
export function poolAdjacentViolators(scores: Float64Array, targets: Float64Array): RisingLine {
  const order = Array.from(scores.keys()).sort((a, b) => scores[a]! - scores[b]! || a - b)
  const blocks: { low: number; high: number; sum: number; count: number }[] = []
  for (const i of order) {
    const last = blocks.at(-1)
    if (last !== undefined && last.low === scores[i] && last.high === scores[i]) {
      last.sum += targets[i]!
      last.count++
    } else {
      mergeViolators(blocks)
      blocks.push({ low: scores[i]!, high: scores[i]!, sum: targets[i]!, count: 1 })
    }
  }
  mergeViolators(blocks)
  const points = blocks.flatMap(({ low, high, sum, count }) =>
    low === high ? [[low, sum / count] as const] : [[low, sum / count] as const, [high, sum / count] as const],
  )
  return {
    scores: Float64Array.from(points, ([score]) => score),
    values: Float64Array.from(points, ([, value]) => value),
  }
}

/** Joins the last block to those before it while it lies below them. */
function mergeViolators(blocks: { low: number; high: number; sum: number; count: number }[]): void {
  for (;;) {
    const [before, last] = [blocks.at(-2), blocks.at(-1)]
    if (!before || !last || before.sum * last.count < last.sum * before.count) return
    before.high = last.high
    before.sum += last.sum
    before.count += last.count
    blocks.pop()
  }
}

function valueAt({ scores, values }: RisingLine, score: number): number {
  let low = 0
  let high = scores.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (scores[middle]! >= score) high = middle
    else low = middle + 1
  }
  if (low === 0) return values[0]!
  if (low === scores.length) return values[low - 1]!
  const share = (score - scores[low - 1]!) / (scores[low]! - scores[low - 1]!)
  return values[low - 1]! + share * (values[low]! - values[low - 1]!)
}
