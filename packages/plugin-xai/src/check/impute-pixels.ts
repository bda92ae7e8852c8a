/** A picture as numbers, row-major `[height, width, channels]`. */
export interface Plane {
  readonly data: Float32Array
  readonly shape: readonly [height: number, width: number, channels: number]
}

/** Neighbours and their weights: 1/6 along an edge, 1/12 at a corner. */
const neighbours: readonly (readonly [dy: number, dx: number, weight: number])[] = [-1, 0, 1].flatMap((dy) =>
  [-1, 0, 1].flatMap((dx) => (dy === 0 && dx === 0 ? [] : [[dy, dx, dy === 0 || dx === 0 ? 1 / 6 : 1 / 12] as const])),
)

/**
 * A picture with pixels taken away and filled in from their neighbours: each is the weighted mean of the (up to eight) around it, those that are missing as
 * well included, so that a hole is filled without an edge that would tell its shape.
 *
 * @param missing - 1 for each pixel that is taken away. With all of them each becomes the picture's mean.
 * @param noise - Added to each missing pixel, one number a channel; without it no noise.
 * @see Rong et al. 2022, A Consistent and Efficient Evaluation Strategy for Attribution Methods (ROAD), arXiv:2202.00449, section 4
 */
export function imputePixels({ data, shape }: Plane, missing: Uint8Array, noise: () => number = () => 0): Float32Array {
  const [height, width, channels] = shape
  const holes = Array.from(missing.keys()).filter((pixel) => missing[pixel] === 1)
  const filled = data.slice()
  if (holes.length === 0) return filled
  const system = systemOf(holes, missing, height, width)
  for (let channel = 0; channel < channels; channel++) {
    const values =
      holes.length === missing.length
        ? flat(data, channel, channels, holes.length)
        : solve(system, (pixel) => data[pixel * channels + channel]!)
    holes.forEach((pixel, i) => {
      filled[pixel * channels + channel] = values[i]! + noise()
    })
  }
  return filled
}

function flat(data: Float32Array, channel: number, channels: number, length: number): Float64Array {
  let sum = 0
  for (let pixel = 0; pixel < length; pixel++) sum += data[pixel * channels + channel]!
  return new Float64Array(length).fill(sum / length)
}

/** The equations of the holes, in rows of up to eight neighbours. */
interface System {
  readonly size: number
  /** Sum of the weights of each hole. */
  readonly totals: Float64Array
  /** Where the row of each hole starts; one more at the end. */
  readonly starts: Int32Array
  /** Holes, or pixels where they are known as −1 − pixel. */
  readonly columns: Int32Array
  readonly weights: Float64Array
}

function systemOf(holes: readonly number[], missing: Uint8Array, height: number, width: number): System {
  const index = new Int32Array(missing.length)
  holes.forEach((pixel, i) => {
    index[pixel] = i
  })
  const size = holes.length
  const [totals, starts] = [new Float64Array(size), new Int32Array(size + 1)]
  const [columns, weights] = [new Int32Array(8 * size), new Float64Array(8 * size)]
  let at = 0
  holes.forEach((pixel, i) => {
    const [y, x] = [Math.floor(pixel / width), pixel % width]
    for (const [dy, dx, weight] of neighbours) {
      if (y + dy < 0 || x + dx < 0 || y + dy >= height || x + dx >= width) continue
      const to = (y + dy) * width + x + dx
      totals[i]! += weight
      columns[at] = missing[to] === 1 ? index[to]! : -1 - to
      weights[at++] = weight
    }
    starts[i + 1] = at
  })
  return { size, totals, starts, columns, weights }
}

/** Conjugate gradients: the matrix is symmetric and, as one pixel at least is known, positive definite. */
function solve({ size, totals, starts, columns, weights }: System, value: (pixel: number) => number): Float64Array {
  const goal = new Float64Array(size)
  for (let i = 0; i < size; i++)
    for (let at = starts[i]!; at < starts[i + 1]!; at++)
      if (columns[at]! < 0) goal[i]! += weights[at]! * value(-1 - columns[at]!)
  const [x, moved] = [new Float64Array(size), new Float64Array(size)]
  const [residual, direction] = [goal.slice(), goal.slice()]
  let error = dot(residual, residual)
  const enough = 1e-14 * error
  for (let round = 0; round < 10 * size && error > enough; round++) {
    for (let i = 0; i < size; i++) {
      let sum = totals[i]! * direction[i]!
      for (let at = starts[i]!; at < starts[i + 1]!; at++)
        if (columns[at]! >= 0) sum -= weights[at]! * direction[columns[at]!]!
      moved[i] = sum
    }
    const step = error / dot(direction, moved)
    for (let i = 0; i < size; i++) {
      x[i]! += step * direction[i]!
      residual[i]! -= step * moved[i]!
    }
    const next = dot(residual, residual)
    for (let i = 0; i < size; i++) direction[i] = residual[i]! + (next / error) * direction[i]!
    error = next
  }
  return x
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}
