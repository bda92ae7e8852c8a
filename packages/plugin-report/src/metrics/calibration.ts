import { argMaxRows, checkScores } from './labels.js'
import type { ClassScores } from './labels.js'

/** How confidences are grouped. `numBins` is at least 1. */
export interface BinningOptions {
  /** Default 15. */
  readonly numBins?: number
  /** `width`: equal intervals (lo, hi]; `mass`: equal numbers of rows in order of confidence. Default `width`. */
  readonly binning?: 'width' | 'mass'
}

/** One non-empty bin of a reliability curve. */
export interface ReliabilityBin {
  /** Exclusive lower edge for `width`, smallest confidence for `mass`. */
  readonly low: number
  /** Inclusive upper edge for `width`, largest confidence for `mass`. */
  readonly high: number
  readonly count: number
  /** Mean confidence of the bin's rows. */
  readonly confidence: number
  /** Fraction of the bin's rows predicted right. */
  readonly accuracy: number
}

/** Calibration of the top-class confidence. */
export interface Calibration {
  /** Expected calibration error: Σ (n_b / n) |accuracy − confidence|. */
  readonly ece: number
  /** Largest gap over bins. */
  readonly mce: number
  /** Root of the count-weighted mean squared gap. */
  readonly rms: number
  readonly bins: readonly ReliabilityBin[]
}

/**
 * Calibration errors of the predicted (largest) probability with the bins they came from.
 *
 * Bins are (lo, hi] in float64; a confidence of exactly 0 joins the first bin. Libraries that bin in float32 or [lo, hi)
 * give other numbers for confidences that sit on an edge, so the bins are returned with the result.
 *
 * @param input - Probabilities `[numSamples, numClasses]` and the true classes.
 * @returns Null without rows.
 * @see Guo et al. 2017, On Calibration of Modern Neural Networks, arXiv:1706.04599
 */
export function calibration(input: ClassScores, options: BinningOptions = {}): Calibration | null {
  checkScores(input)
  const { numBins = 15, binning = 'width' } = options
  if (!Number.isInteger(numBins) || numBins < 1)
    throw new RangeError(`numBins must be a positive integer, got ${numBins}`)
  const n = input.yTrue.length
  if (n === 0) return null
  const rows = topRows(input)
  const bins = binning === 'width' ? widthBins(rows, numBins) : massBins(rows, numBins)
  let ece = 0
  let mce = 0
  let square = 0
  for (const { count, accuracy, confidence } of bins) {
    const gap = Math.abs(accuracy - confidence)
    ece += (count / n) * gap
    square += (count / n) * gap * gap
    mce = Math.max(mce, gap)
  }
  return { ece, mce, rms: Math.sqrt(square), bins }
}

interface TopRow {
  readonly confidence: number
  readonly isRight: number
}

function topRows({ yTrue, scores, numClasses }: ClassScores): TopRow[] {
  const yPred = argMaxRows(scores, numClasses)
  return Array.from(yPred, (label, i) => ({
    confidence: scores[i * numClasses + label]!,
    isRight: yTrue[i] === label ? 1 : 0,
  }))
}

function widthBins(rows: readonly TopRow[], numBins: number): ReliabilityBin[] {
  const members = Array.from({ length: numBins }, (): TopRow[] => [])
  for (const row of rows) members[widthBinIndex(row.confidence, numBins)]!.push(row)
  return members.flatMap((bin, b) => (bin.length === 0 ? [] : [summarise(bin, b / numBins, (b + 1) / numBins)]))
}

/** Index `b` with b/numBins < p <= (b+1)/numBins, decided by comparing with the edges themselves, not by rounding p·numBins. */
function widthBinIndex(p: number, numBins: number): number {
  let b = Math.min(numBins - 1, Math.max(0, Math.ceil(p * numBins) - 1))
  while (b > 0 && p <= b / numBins) b--
  while (b < numBins - 1 && p > (b + 1) / numBins) b++
  return b
}

/** Equal confidences stay in one bin (that of their middle position), so the result does not depend on the order of rows. */
function massBins(rows: readonly TopRow[], numBins: number): ReliabilityBin[] {
  const sorted = [...rows].sort((a, b) => a.confidence - b.confidence)
  const members = Array.from({ length: numBins }, (): TopRow[] => [])
  for (let start = 0; start < sorted.length;) {
    let end = start + 1
    while (end < sorted.length && sorted[end]!.confidence === sorted[start]!.confidence) end++
    const middle = (start + end - 1) / 2
    members[Math.floor((middle * numBins) / sorted.length)]!.push(...sorted.slice(start, end))
    start = end
  }
  return members.flatMap((bin) =>
    bin.length === 0 ? [] : [summarise(bin, bin[0]!.confidence, bin[bin.length - 1]!.confidence)],
  )
}

function summarise(bin: readonly TopRow[], low: number, high: number): ReliabilityBin {
  const count = bin.length
  return {
    low,
    high,
    count,
    confidence: bin.reduce((sum, row) => sum + row.confidence, 0) / count,
    accuracy: bin.reduce((sum, row) => sum + row.isRight, 0) / count,
  }
}
