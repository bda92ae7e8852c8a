import type { Differentiable } from '../pixels/differentiable.js'
import type { PathAttribution, PathOptions } from '../pixels/integrated-gradients.js'

/** A stretch of the line from a baseline to the point, in shares of it. */
interface Stretch {
  readonly baseline: Float32Array
  readonly from: number
  readonly to: number
  /** Values at its start and at its end. */
  readonly before: number
  readonly after: number
  /** Derivative along the line at its middle. */
  readonly slope: number
}

/** A gradient that is asked for: where, and with which weight it counts. */
interface WeighedPoint {
  readonly baseline: Float32Array
  readonly share: number
  readonly weight: number
}

/**
 * Integrated gradients from several baselines, by midpoints of stretches that are as fine as the function asks for.
 *
 * A network of rectifiers bends where it likes: along a line from one picture to another its derivative is steep on a few short stretches, and there midpoints
 * err, while elsewhere they do not. What a midpoint errs by is known, for the integral of the derivative over a stretch is the difference of the values at its ends.
 * So stretches with the largest errors are cut into three (the middle third has the same midpoint), those of all lines in common, until both the sum of all errors and their root
 * sum of squares are within the tolerance: a sum that is small by chance, errors of both signs cancelling, ends nothing.
 *
 * @param options - `minSteps`: stretches of each line at first; `maxSteps`: gradients for each line at most, complete or not; `tolerance`: default 1 % of the
 * difference.
 */
export function refinedPathGradients(
  f: Differentiable,
  point: Float32Array,
  baselines: readonly Float32Array[],
  { minSteps: fewest = 4, maxSteps = 512, batchSize = 16, tolerance }: PathOptions = {},
): PathAttribution {
  const minSteps = Math.min(fewest, maxSteps)
  const numLines = baselines.length
  const values = new Float64Array(f.size)
  let numGradients = 0
  const valuesAt = (points: readonly Omit<WeighedPoint, 'weight'>[]): number[] => {
    const found: number[] = []
    for (let first = 0; first < points.length; first += batchSize)
      found.push(...f.values(pointsOn(points.slice(first, first + batchSize), point)))
    return found
  }
  /** Derivatives along the lines; what the gradients weigh goes to the attributions. */
  const slopesAt = (points: readonly WeighedPoint[]): number[] => {
    const slopes: number[] = []
    for (let first = 0; first < points.length; first += batchSize) {
      const some = points.slice(first, first + batchSize)
      const gradients = f.gradients(pointsOn(some, point))
      some.forEach(({ baseline, weight }, k) => {
        let slope = 0
        for (let i = 0; i < f.size; i++) {
          const share = gradients[k * f.size + i]! * (point[i]! - baseline[i]!)
          slope += share
          values[i]! += (weight * share) / numLines
        }
        slopes.push(slope)
      })
    }
    numGradients += points.length
    return slopes
  }

  const corners = baselines.flatMap((baseline) =>
    Array.from({ length: minSteps + 1 }, (_, k) => ({ baseline, share: k / minSteps })),
  )
  const atCorners = valuesAt(corners)
  const middles = baselines.flatMap((baseline) =>
    Array.from({ length: minSteps }, (_, k) => ({ baseline, share: (k + 0.5) / minSteps, weight: 1 / minSteps })),
  )
  let stretches = slopesAt(middles).map((slope, at): Stretch => {
    const [line, k] = [Math.floor(at / minSteps), at % minSteps]
    const corner = line * (minSteps + 1) + k
    return {
      ...{ baseline: baselines[line]!, from: k / minSteps, to: (k + 1) / minSteps, slope },
      ...{ before: atCorners[corner]!, after: atCorners[corner + 1]! },
    }
  })
  const difference = stretches.reduce((sum, { before, after }) => sum + after - before, 0) / numLines
  const wanted = tolerance ?? 0.01 * Math.abs(difference)
  for (;;) {
    const errors = stretches.map(errorOf)
    const sum = Math.abs(errors.reduce((total, error) => total + error, 0)) / numLines
    const squares = errors.reduce((total, error) => total + error ** 2, 0)
    const most = Math.floor((maxSteps * numLines - numGradients) / gradientsPerCut)
    if ((sum <= wanted && Math.sqrt(squares) / numLines <= wanted) || most < 1) break
    const cut = largestErrors(errors, { least: Math.ceil(batchSize / gradientsPerCut), most })
    const thirds = cutInThree(
      cut.map((at) => stretches[at]!),
      valuesAt,
      slopesAt,
    )
    const isCut = new Set(cut)
    stretches = [...stretches.filter((_, at) => !isCut.has(at)), ...thirds]
  }
  const residual = Math.abs(values.reduce((sum, value) => sum + value, 0) - difference)
  return { values, difference, residual, numSteps: numGradients / numLines }
}

/** Gradients that a cut asks for: the two outer midpoints, and the inner one again, for its weight changes. */
const gradientsPerCut = 3

function errorOf({ from, to, slope, before, after }: Stretch): number {
  return (to - from) * slope - (after - before)
}

/** Positions of the largest errors: as many as have half of the squares together, within bounds. */
function largestErrors(
  errors: readonly number[],
  { least, most }: { readonly least: number; readonly most: number },
): number[] {
  const order = errors.map((_, at) => at).sort((a, b) => Math.abs(errors[b]!) - Math.abs(errors[a]!) || a - b)
  let left = errors.reduce((sum, error) => sum + error ** 2, 0) / 2
  let count = 0
  while (count < order.length && (left > 0 || count < least)) left -= errors[order[count++]!]! ** 2
  return order.slice(0, Math.min(count, most))
}

function cutInThree(
  stretches: readonly Stretch[],
  valuesAt: (points: readonly Omit<WeighedPoint, 'weight'>[]) => number[],
  slopesAt: (points: readonly WeighedPoint[]) => number[],
): Stretch[] {
  const inner = valuesAt(
    stretches.flatMap(({ baseline, from, to }) =>
      [1, 2].map((third) => ({ baseline, share: from + (third * (to - from)) / 3 })),
    ),
  )
  const slopes = slopesAt(
    stretches.flatMap(({ baseline, from, to }) => {
      const width = to - from
      return [
        { baseline, share: from + width / 6, weight: width / 3 },
        { baseline, share: from + width / 2, weight: width / 3 - width },
        { baseline, share: from + (5 * width) / 6, weight: width / 3 },
      ]
    }),
  )
  return stretches.flatMap(({ baseline, from, to, before, after, slope }, k) => {
    const width = (to - from) / 3
    const ends = [before, inner[2 * k]!, inner[2 * k + 1]!, after]
    return [0, 1, 2].map((third) => ({
      baseline,
      from: from + third * width,
      to: third === 2 ? to : from + (third + 1) * width,
      ...{ before: ends[third]!, after: ends[third + 1]! },
      slope: third === 1 ? slope : slopes[3 * k + third]!,
    }))
  })
}

/** Points on lines, one after the other. */
function pointsOn(
  places: readonly { readonly baseline: Float32Array; readonly share: number }[],
  point: Float32Array,
): Float32Array {
  const points = new Float32Array(places.length * point.length)
  places.forEach(({ baseline, share }, k) => {
    for (let i = 0; i < point.length; i++)
      points[k * point.length + i] = baseline[i]! + share * (point[i]! - baseline[i]!)
  })
  return points
}
