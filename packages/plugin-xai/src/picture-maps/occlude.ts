import type { PixelImage } from '@etsef/plugin-api'

/** How {@link occlude} covers a picture. */
export interface OccludeOptions {
  /** Cells of the map on each side. */
  readonly cells: number
  /** Covered at a time, on each side, in cells: neighbours overlap. */
  readonly window: number
  /** Changed pictures that are asked about at a time. */
  readonly batchSize: number
}

/** What covering tells. */
export interface Occlusion {
  /** Mean fall of the score over all windows that cover a cell, row-major `[cells, cells]`. Negative where covering raises it. */
  readonly map: Float64Array
  readonly cells: number
  /** Score of the picture as it is. */
  readonly score: number
}

/**
 * Occlusion sensitivity: how far a score falls when a part of the picture is covered by the picture's mean colour. It asks the whole pipeline and knows
 * nothing of what is in it, so it holds for votes of classifiers, where no gradient leads back to the picture.
 *
 * @param ask - Scores of changed pictures, in their order.
 * @see Zeiler and Fergus 2014, Visualizing and Understanding Convolutional Networks, arXiv:1311.2901, figure 7
 */
export async function occlude(
  image: PixelImage,
  ask: (images: readonly PixelImage[]) => Promise<Float64Array>,
  { cells, window, batchSize }: OccludeOptions,
): Promise<Occlusion> {
  const colour = meanColour(image)
  // Windows that hang over the edge cover less: so cells at the edge are covered as often as others.
  const starts = Array.from({ length: cells + window - 1 }, (_, at) => at - window + 1)
  const places = starts.flatMap((top) => starts.map((left) => ({ top, left })))
  const scores: number[] = []
  for (let start = 0; start < places.length; start += batchSize) {
    const some = places.slice(start, start + batchSize)
    // The picture itself goes first, in the first batch.
    const own = start === 0 ? [image] : []
    scores.push(...(await ask([...own, ...some.map((place) => covered(image, place, { cells, window, colour }))])))
  }
  const [score = 0, ...changed] = scores
  const map = new Float64Array(cells * cells)
  const counts = new Float64Array(cells * cells)
  places.forEach(({ top, left }, at) => {
    for (let row = Math.max(0, top); row < Math.min(cells, top + window); row++)
      for (let column = Math.max(0, left); column < Math.min(cells, left + window); column++) {
        map[row * cells + column]! += score - changed[at]!
        counts[row * cells + column]!++
      }
  })
  return { map: map.map((sum, at) => sum / counts[at]!), cells, score }
}

function meanColour({ shape: [height, width, channels], data, dtype }: PixelImage): Float64Array {
  const means = new Float64Array(channels)
  data.forEach((value, at) => (means[at % channels]! += value / (height * width)))
  return dtype === 'float32' ? means : means.map(Math.round)
}

function covered(
  image: PixelImage,
  { top, left }: { readonly top: number; readonly left: number },
  {
    cells,
    window,
    colour,
  }: { readonly cells: number; readonly window: number; readonly colour: ArrayLike<number> & Iterable<number> },
): PixelImage {
  const [height, width, channels] = image.shape
  const pixel = (cell: number, length: number): number =>
    Math.round((Math.min(Math.max(cell, 0), cells) * length) / cells)
  const data = image.data.slice()
  const [from, to] = [pixel(left, width), pixel(left + window, width)]
  for (let row = pixel(top, height); row < pixel(top + window, height); row++)
    for (let at = (row * width + from) * channels; at < (row * width + to) * channels; at++)
      data[at] = colour[at % channels]!
  return { ...image, data }
}
