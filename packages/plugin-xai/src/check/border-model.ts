import { resize } from '@etsef/nn'
import type { PixelImage, Rng } from '@etsef/plugin-api'

/** Side of the thumbnail that a frame is read from, and the frame's width in it. */
const side = 20
const frame = 2

/** Greys of a picture's frame (the outer tenth), as a row of features. */
export function frameOf({ shape: [height, width, channels], data }: PixelImage): Float64Array {
  const colours = Math.min(channels, 3)
  const grey = Float32Array.from({ length: height * width }, (_, pixel) => {
    let sum = 0
    for (let c = 0; c < colours; c++) sum += data[pixel * channels + c]!
    return sum / colours
  })
  const small = resize({ height, width, channels: 1, data: grey }, side, side).data
  const isFrame = (at: number): boolean => {
    const [y, x] = [Math.floor(at / side), at % side]
    return y < frame || x < frame || y >= side - frame || x >= side - frame
  }
  return Float64Array.from(small.filter((_, at) => isFrame(at)))
}

/** Frames of some rows with what is known of them. */
export interface FrameRows {
  readonly frames: readonly Float64Array[]
  readonly labels: readonly number[]
  readonly groups: readonly string[]
}

/** What a model of frames alone can do. */
export interface BorderAlarm {
  /** Mean recall over the classes, on the held-out rows. */
  readonly balancedAccuracy: number
  readonly chance: number
  /** Share of permutations of patients' labels that do as well. */
  readonly pValue: number
  /** The frame tells the class: whatever else a network has learned, it can have learned that. */
  readonly isRaised: boolean
}

/** Chance of an alarm where there is nothing. */
const level = 0.01

/**
 * Fits a ridge regression on frames of the train rows, and asks whether it does better than chance on the others: padding, burned-in text and the colour of a
 * device show there.
 *
 * @param numClasses - Labels are 0 … `numClasses` − 1.
 * @returns `undefined` where there are not two classes among the train rows and among the others, or fewer than six groups of others.
 */
export function borderAlarm(train: FrameRows, held: FrameRows, numClasses: number, rng: Rng): BorderAlarm | undefined {
  const groups = [...new Set(held.groups)]
  if (new Set(train.labels).size < 2 || new Set(held.labels).size < 2 || groups.length < 6) return undefined
  const predict = fitRidge(train, numClasses)
  const predicted = held.frames.map(predict)
  const balancedAccuracy = meanRecall(predicted, held.labels)
  // Rows of a patient stay together, or a patient would count as many.
  const ofGroup = groups.map((group) => held.labels[held.groups.indexOf(group)]!)
  const numPermutations = 999
  let asGood = 0
  for (let round = 0; round < numPermutations; round++) {
    const dealt = rng.shuffle(ofGroup)
    const labels = held.groups.map((group) => dealt[groups.indexOf(group)]!)
    if (meanRecall(predicted, labels) >= balancedAccuracy - 1e-12) asGood++
  }
  const pValue = (asGood + 1) / (numPermutations + 1)
  return { balancedAccuracy, chance: 1 / new Set(held.labels).size, pValue, isRaised: pValue <= level }
}

function meanRecall(predicted: readonly number[], labels: readonly number[]): number {
  const classes = [...new Set(labels)]
  return (
    classes.reduce((sum, label) => {
      const own = predicted.filter((_, i) => labels[i] === label)
      return sum + own.filter((each) => each === label).length / own.length
    }, 0) / classes.length
  )
}

/** One linear function a class, of standardised frames, in dual form: there are more columns than rows, often. */
function fitRidge({ frames, labels }: FrameRows, numClasses: number): (frame: Float64Array) => number {
  const width = frames[0]!.length
  const mean = Float64Array.from(
    { length: width },
    (_, j) => frames.reduce((sum, row) => sum + row[j]!, 0) / frames.length,
  )
  const spread = mean.map(
    (m, j) => Math.sqrt(frames.reduce((sum, row) => sum + (row[j]! - m) ** 2, 0) / frames.length) || 1,
  )
  const scaled = (row: Float64Array): Float64Array => row.map((value, j) => (value - mean[j]!) / spread[j]!)
  const rows = frames.map(scaled)
  const gram = rows.map((a) => Float64Array.from(rows, (b) => dot(a, b) / width))
  gram.forEach((row, i) => (row[i]! += 1))
  const counts = Array.from({ length: numClasses }, (_, k) => labels.filter((label) => label === k).length)
  const weights = Array.from({ length: numClasses }, (_, k) => {
    const goal = Float64Array.from(labels, (label) => (label === k ? 1 : 0) - counts[k]! / labels.length)
    const dual = solveCholesky(gram, goal)
    return Float64Array.from({ length: width }, (_, j) => rows.reduce((sum, row, i) => sum + dual[i]! * row[j]!, 0))
  })
  return (frame) => {
    const row = scaled(frame)
    const scores = weights.map((weight, k) =>
      counts[k] === 0 ? -Infinity : dot(weight, row) / width + counts[k]! / labels.length,
    )
    return scores.reduce((best, score, k) => (score > scores[best]! ? k : best), 0)
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}

/** Solves `matrix · x = goal` for a positive definite matrix. */
function solveCholesky(matrix: readonly Float64Array[], goal: Float64Array): Float64Array {
  const size = goal.length
  const lower = matrix.map((row) => row.slice())
  for (let j = 0; j < size; j++) {
    for (let k = 0; k < j; k++) for (let i = j; i < size; i++) lower[i]![j]! -= lower[i]![k]! * lower[j]![k]!
    const pivot = Math.sqrt(lower[j]![j]!)
    for (let i = j; i < size; i++) lower[i]![j]! /= pivot
  }
  const x = goal.slice()
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < i; k++) x[i]! -= lower[i]![k]! * x[k]!
    x[i]! /= lower[i]![i]!
  }
  for (let i = size - 1; i >= 0; i--) {
    for (let k = i + 1; k < size; k++) x[i]! -= lower[k]![i]! * x[k]!
    x[i]! /= lower[i]![i]!
  }
  return x
}
