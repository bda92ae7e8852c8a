import { connectSegments } from './connect-segments.js'

/** A picture to be cut into superpixels. */
export interface SlicImage {
  /** Row-major `[height, width, channels]`, any scale: values are stretched to [0, 1] over all channels. */
  readonly data: ArrayLike<number>
  readonly shape: readonly [height: number, width: number, channels: number]
}

/** How {@link slic} cuts. */
export interface SlicOptions {
  /** About so many superpixels; the result may have a few more or fewer. */
  readonly numSegments: number
  /** Weight of nearness against likeness of colour; larger is squarer. For values in [0, 1], 0.1 is a good start. */
  readonly compactness: number
  /** Rounds of k-means; default 10. */
  readonly maxIterations?: number
}

/** Superpixels of a picture. */
export interface Superpixels {
  /** Superpixel of each pixel, 0 … `numSegments` − 1, row-major. */
  readonly labels: Int32Array
  readonly numSegments: number
  readonly shape: readonly [height: number, width: number]
}

/**
 * Superpixels: k-means in colour and place from a regular grid, each centre looking only around itself; then parts that hang apart are separated
 * and small ones joined to a neighbour.
 *
 * The same labels as `skimage.segmentation.slic(image, n_segments, compactness, convert2lab=False, start_label=0)` of scikit-image 0.26.0.
 * A constant picture is cut into the grid.
 *
 * @see Achanta et al. 2012, SLIC Superpixels Compared to State-of-the-art Superpixel Methods, IEEE TPAMI 34
 */
export function slic(image: SlicImage, options: SlicOptions): Superpixels {
  const { numSegments, compactness, maxIterations = 10 } = options
  const [height, width, channels] = image.shape
  const pixels = stretched(image.data, 1 / compactness)
  const start = gridAxes(height, width, numSegments)
  const centres = gridCentres(height, width, start)
  const grid: Grid = {
    ...{ height, width, channels },
    // The reference lays a second grid by the number of centres that the first one has, for the reach of each.
    reach: gridAxes(height, width, centres.length),
    nearness: 1 / Math.fround(Math.max(start.stepY, start.stepX)) ** 2,
  }
  const labels = cluster(pixels, centres, grid, maxIterations)
  const size = (height * width) / centres.length
  const connected = connectSegments(labels, [height, width], {
    minSize: Math.floor(0.5 * size),
    maxSize: Math.floor(3 * size),
  })
  return { ...connected, shape: [height, width] }
}

interface Grid {
  readonly height: number
  readonly width: number
  readonly channels: number
  readonly reach: GridAxes
  readonly nearness: number
}

interface GridAxes {
  readonly startY: number
  readonly startX: number
  readonly stepY: number
  readonly stepX: number
}

/** Values over their range, times `factor`. */
function stretched(data: ArrayLike<number>, factor: number): Float64Array {
  let [low, high] = [Infinity, -Infinity]
  for (let i = 0; i < data.length; i++) {
    low = Math.min(low, data[i]!)
    high = Math.max(high, data[i]!)
  }
  const range = high > low ? high - low : 1
  return Float64Array.from({ length: data.length }, (_, i) => ((data[i]! - low) / range) * factor)
}

/** Starts and steps of a grid of about so many points; of every point where there are more points than pixels. */
function gridAxes(height: number, width: number, numPoints: number): GridAxes {
  if (height * width <= numPoints) return { startY: 0, startX: 0, stepY: 1, stepX: 1 }
  const [short, long] = [Math.min(height, width), Math.max(height, width)]
  const even = Math.sqrt((height * width) / numPoints)
  const [onShort, onLong] = short < even ? [short, long / numPoints] : [even, even]
  const axis = (step: number): readonly [start: number, step: number] => [Math.floor(step / 2), roundHalfToEven(step)]
  const [[startY, stepY], [startX, stepX]] =
    height <= width ? [axis(onShort), axis(onLong)] : [axis(onLong), axis(onShort)]
  return { startY, startX, stepY, stepX }
}

function roundHalfToEven(value: number): number {
  const floor = Math.floor(value)
  return value - floor === 0.5 ? floor + (floor % 2) : Math.round(value)
}

/** A centre: its place, and its colour times the weight of colours. */
interface Centre {
  readonly y: number
  readonly x: number
  readonly color: Float64Array
}

function gridCentres(height: number, width: number, { startY, startX, stepY, stepX }: GridAxes): Centre[] {
  const centres: Centre[] = []
  for (let y = startY; y < height; y += stepY)
    for (let x = startX; x < width; x += stepX) centres.push({ y, x, color: new Float64Array(0) })
  return centres
}

function cluster(pixels: Float64Array, grid0: readonly Centre[], grid: Grid, maxIterations: number): Int32Array {
  const { height, width, channels, reach, nearness } = grid
  let centres: readonly Centre[] = grid0.map(({ y, x }) => ({ y, x, color: new Float64Array(channels) }))
  const labels = new Int32Array(height * width)
  const distances = new Float64Array(height * width)
  for (let round = 0; round < maxIterations; round++) {
    let numChanged = 0
    distances.fill(Infinity)
    centres.forEach(({ y: cy, x: cx, color }, k) => {
      const [top, bottom] = [Math.max(cy - 2 * reach.stepY, 0), Math.min(cy + 2 * reach.stepY + 1, height)].map(
        Math.trunc,
      )
      const [left, right] = [Math.max(cx - 2 * reach.stepX, 0), Math.min(cx + 2 * reach.stepX + 1, width)].map(
        Math.trunc,
      )
      for (let y = top!; y < bottom!; y++) {
        for (let x = left!; x < right!; x++) {
          const at = y * width + x
          let distance = ((cy - y) ** 2 + (cx - x) ** 2) * nearness
          for (let c = 0; c < channels; c++) distance += (pixels[at * channels + c]! - color[c]!) ** 2
          if (distance < distances[at]!) {
            labels[at] = k
            distances[at] = distance
            numChanged++
          }
        }
      }
    })
    if (numChanged === 0) break
    centres = meanCentres(pixels, labels, centres.length, grid)
  }
  return labels
}

function meanCentres(pixels: Float64Array, labels: Int32Array, numCentres: number, grid: Grid): Centre[] {
  const { width, channels } = grid
  const counts = new Float64Array(numCentres)
  const sums = Array.from({ length: numCentres }, () => ({ y: 0, x: 0, color: new Float64Array(channels) }))
  labels.forEach((label, at) => {
    const sum = sums[label]!
    counts[label]!++
    sum.y += Math.floor(at / width)
    sum.x += at % width
    for (let c = 0; c < channels; c++) sum.color[c]! += pixels[at * channels + c]!
  })
  // A centre without pixels is nowhere: it is not a number in the reference, too, and takes no pixel again.
  return sums.map(({ y, x, color }, k) => ({
    y: y / counts[k]!,
    x: x / counts[k]!,
    color: color.map((total) => total / counts[k]!),
  }))
}
