import type { PixelImage, Rng } from '@etsef/plugin-api'
import { imputePixels, type Plane } from './impute-pixels.js'
import { countOf, rankPixels } from './rank-pixels.js'

/** Values of changed pictures, in their order. */
export type Evaluate = (pictures: readonly (() => PixelImage)[]) => Promise<Float64Array>

/** How a map does when the picture is taken apart in its order. */
export interface RemovalScores {
  /** Mean value as the most relevant pixels go first; smaller is better. */
  readonly deletion: number
  /** Mean value as the most relevant pixels come first; larger is better. */
  readonly insertion: number
  /** ROAD: mean value without the least relevant pixels minus that without the most relevant; larger is better, 0 is chance. */
  readonly road: number
  /** Share of the change under removed squares that the map does not tell, at its best scale: 0 for a map that tells all, 1 for one that tells nothing. */
  readonly infidelity: number
}

const steps = Array.from({ length: 9 }, (_, i) => (i + 1) / 10)
const roadShares = [0.2, 0.4, 0.6, 0.8]
const numSquares = 24

/**
 * Takes a picture apart in the order of a map.
 *
 * Deletion and insertion go over to the blurred picture in tenths (Petsiuk et al. 2018, arXiv:1806.07421), ROAD fills 20 to 80 % in from what is left
 * (Rong et al. 2022), infidelity takes random squares away (Yeh et al. 2019, arXiv:1901.09392, with its optimal scale).
 *
 * @param picture - In the map's shape, of range [0, 255].
 */
export async function removalScores(
  picture: Plane,
  map: ArrayLike<number>,
  evaluate: Evaluate,
  rng: Rng,
): Promise<RemovalScores> {
  const [height, width, channels] = picture.shape
  const total = height * width
  const order = rankPixels(map, () => rng.next())
  const blurred = blur(picture, Math.max(2, Math.round(Math.min(height, width) / 8)))
  const mixed = (isBlurred: Uint8Array): PixelImage =>
    asImage(
      picture.data.map((value, at) => (isBlurred[Math.floor(at / channels)] === 1 ? blurred[at]! : value)),
      picture,
    )
  const first = (count: number, isReversed = false): Uint8Array => {
    const chosen = new Uint8Array(total)
    for (let i = 0; i < count; i++) chosen[order[isReversed ? total - 1 - i : i]!] = 1
    return chosen
  }
  const inverse = (chosen: Uint8Array): Uint8Array => chosen.map((value) => 1 - value)
  const noise = (): number => 2.55 * rng.normal()
  const removed = (missing: Uint8Array): PixelImage => asImage(imputePixels(picture, missing, noise), picture)
  const squares = Array.from({ length: numSquares }, () => randomSquare(height, width, rng))
  const whole = asImage(picture.data, picture)
  const pictures: readonly (() => PixelImage)[] = [
    () => whole,
    () => mixed(new Uint8Array(total).fill(1)),
    ...steps.map((share) => () => mixed(first(countOf(share, total)))),
    ...steps.map((share) => () => mixed(inverse(first(countOf(share, total))))),
    ...roadShares.map((share) => () => removed(first(countOf(share, total), true))),
    ...roadShares.map((share) => () => removed(first(countOf(share, total)))),
    ...squares.map((square) => () => mixed(square)),
  ]
  const values = await evaluate(pictures)
  const [full, empty] = [values[0]!, values[1]!]
  const take = (start: number, count: number): number[] => [...values.subarray(start, start + count)]
  const [down, up] = [take(2, 9), take(11, 9)]
  const [least, most] = [take(20, 4), take(24, 4)]
  return {
    deletion: trapezoid([full, ...down, empty]),
    insertion: trapezoid([empty, ...up, full]),
    road: mean(least) - mean(most),
    infidelity: unexplained(
      squares.map((square) => square.reduce((sum, isIn, at) => sum + (isIn === 1 ? map[at]! : 0), 0)),
      take(28, numSquares).map((value) => full - value),
    ),
  }
}

/** Share of the squares of `changes` that `told`, at its best scale, does not account for; 1 where there is no change, for then nothing was told. */
export function unexplained(told: readonly number[], changes: readonly number[]): number {
  const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, each, i) => sum + each * b[i]!, 0)
  const [own, both, all] = [dot(told, told), dot(told, changes), dot(changes, changes)]
  if (own === 0 || all === 0) return 1
  // A map that speaks the other way round is no explanation at a negative scale.
  return both <= 0 ? 1 : Math.max(0, 1 - (both * both) / (own * all))
}

function trapezoid(values: readonly number[]): number {
  return values.slice(1).reduce((sum, value, i) => sum + (value + values[i]!) / 2, 0) / (values.length - 1)
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function randomSquare(height: number, width: number, rng: Rng): Uint8Array {
  const size = Math.max(2, Math.round((0.15 + 0.2 * rng.next()) * Math.min(height, width)))
  const [top, left] = [rng.integer(height - size + 1), rng.integer(width - size + 1)]
  const square = new Uint8Array(height * width)
  for (let y = top; y < top + size; y++) square.fill(1, y * width + left, y * width + left + size)
  return square
}

/** Numbers as a picture of bytes. */
export function asImage(data: Float32Array, { shape }: Plane): PixelImage {
  return {
    dtype: 'uint8',
    shape,
    data: Uint8Array.from(data, (value) => Math.min(255, Math.max(0, Math.round(value)))),
  }
}

/** Mean over a box of ±`radius`, cut at the edge, along both axes, twice: nearly Gaussian. */
function blur({ data, shape: [height, width, channels] }: Plane, radius: number): Float32Array {
  const along = (from: Float32Array, isVertical: boolean): Float32Array => {
    const size = isVertical ? height : width
    const step = (isVertical ? width : 1) * channels
    return from.map((_, at) => {
      const place = Math.floor(at / step) % size
      let [sum, count] = [0, 0]
      for (let to = Math.max(0, place - radius); to <= Math.min(size - 1, place + radius); to++) {
        sum += from[at + (to - place) * step]!
        count++
      }
      return sum / count
    })
  }
  let blurred = data
  for (let round = 0; round < 2; round++) blurred = along(along(blurred, true), false)
  return blurred
}
