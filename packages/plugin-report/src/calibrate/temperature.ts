import type { ClassScores } from '../metrics/labels.js'

/** Smallest and largest temperature that is looked for. */
const range = [0.05, 20] as const

/**
 * The temperature that makes probabilities fit best: of softmax(log p / T), the T with the least log loss on the given rows.
 *
 * @param input - Rows to fit on: validation rows, never those that are reported.
 * @returns Null without rows; else within [0.05, 20].
 * @see Guo et al. 2017, On Calibration of Modern Neural Networks, arXiv:1706.04599
 */
export function fitTemperature(input: ClassScores): number | null {
  if (input.yTrue.length === 0) return null
  // Convex in 1/T: the interval that holds the minimum is cut by the golden ratio.
  const ratio = (Math.sqrt(5) - 1) / 2
  let low: number = 1 / range[1]
  let high: number = 1 / range[0]
  for (let i = 0; i < 100; i++) {
    const left = high - ratio * (high - low)
    const right = low + ratio * (high - low)
    if (lossAt(input, left) <= lossAt(input, right)) high = right
    else low = left
  }
  return 2 / (low + high)
}

/** Probabilities softmax(log p / T); the predicted class stays. */
export function applyTemperature(scores: ArrayLike<number>, numClasses: number, temperature: number): Float64Array {
  const out = new Float64Array(scores.length)
  for (let start = 0; start < scores.length; start += numClasses) {
    const logs = Array.from({ length: numClasses }, (_, c) => logOf(scores[start + c]!) / temperature)
    const largest = Math.max(...logs)
    const powers = logs.map((log) => Math.exp(log - largest))
    const sum = powers.reduce((total, power) => total + power, 0)
    powers.forEach((power, c) => (out[start + c] = power / sum))
  }
  return out
}

function lossAt({ yTrue, scores, numClasses }: ClassScores, inverse: number): number {
  let loss = 0
  for (let row = 0; row < yTrue.length; row++) {
    const logs = Array.from({ length: numClasses }, (_, c) => inverse * logOf(scores[row * numClasses + c]!))
    const largest = Math.max(...logs)
    loss += largest + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - largest), 0)) - logs[yTrue[row]!]!
  }
  return loss / yTrue.length
}

function logOf(p: number): number {
  return Math.log(Math.max(p, Number.EPSILON))
}
