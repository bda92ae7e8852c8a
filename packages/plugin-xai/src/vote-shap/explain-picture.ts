import { resize } from '@etsef/nn'
import type { PixelImage, Rng } from '@etsef/plugin-api'
import { estimateShapley, type ShapleyEstimate } from '../shapley/estimate-shapley.js'
import { kernelShapley } from '../shapley/kernel-shapley.js'
import { laidOver, madeLike, withAbsent } from '../superpixels/replace-superpixels.js'
import { slic, type SlicImage, type Superpixels } from '../superpixels/slic.js'

/** Why a vote answers as it does on one picture. */
export interface PictureExplanation extends ShapleyEstimate {
  readonly superpixels: Superpixels
  /** Row-major `[size, size]`; sums to `full` − `base`. */
  readonly map: Float64Array
  /** Standard errors, spread as the map is. */
  readonly errorMap: Float64Array
}

/** How {@link explainPicture} works. */
export interface ExplainPictureOptions {
  /** Random orders (default) or Kernel SHAP. */
  readonly method?: 'permutation' | 'kernel'
  readonly superpixels: number
  readonly compactness: number
  /** Side of the map. */
  readonly size: number
  readonly budget: number
  readonly rng: Rng
}

/**
 * Shapley values of a picture's superpixels for any function of pictures.
 *
 * @param backgrounds - Pictures whose places stand for absent superpixels, one or more; see {@link withAbsent}.
 * @param evaluate - Values of changed pictures, in their order.
 */
export async function explainPicture(
  image: PixelImage,
  backgrounds: readonly PixelImage[],
  evaluate: (pictures: readonly (() => PixelImage)[]) => Promise<Float64Array>,
  { method = 'permutation', superpixels: wanted, compactness, size, budget, rng }: ExplainPictureOptions,
): Promise<PictureExplanation> {
  const superpixels = cutInto(rasterOf(image, size), wanted, compactness)
  const picture = laidOver(image, superpixels)
  const others = backgrounds.map((other) => madeLike(other, image))
  const estimate = await (method === 'kernel' ? kernelShapley : estimateShapley)(
    {
      numPlayers: superpixels.numSegments,
      numBackgrounds: others.length,
      evaluate: (coalitions) =>
        evaluate(
          coalitions.map(
            ({ players, background }) =>
              () =>
                withAbsent(picture, players, others[background]!),
          ),
        ),
    },
    { budget, rng },
  )
  return {
    ...estimate,
    superpixels,
    map: spread(estimate.values, superpixels),
    errorMap: spread(estimate.standardErrors, superpixels),
  }
}

/** The picture as the superpixels are found on: `size` × `size`, colours as they are. */
function rasterOf(image: PixelImage, size: number): SlicImage {
  const [height, width, channels] = image.shape
  const { data } = resize({ height, width, channels, data: Float32Array.from(image.data) }, size, size)
  return { data, shape: [size, size, channels] }
}

/**
 * The finest cut with no more parts than are wanted. Where noise leaves less than half of them (parts that are small are joined to neighbours), nearness
 * weighs twice as much, until there are as many.
 */
function cutInto(raster: SlicImage, wanted: number, compactness: number): Superpixels {
  for (let nearness = compactness; ; nearness *= 2) {
    for (let numSegments = wanted; numSegments > 1; numSegments--) {
      const found = slic(raster, { numSegments, compactness: nearness })
      if (found.numSegments > wanted) continue
      // At this weight colours mean nothing: no finer cut can be had.
      if (2 * found.numSegments > wanted || nearness > 1000) return found
      break
    }
    if (wanted === 1 || nearness > 1000) break
  }
  const [height, width] = raster.shape
  return { labels: new Int32Array(height * width), shape: [height, width], numSegments: 1 }
}

/** The value of each superpixel in equal parts on its pixels. */
function spread(values: Float64Array, { labels, numSegments }: Superpixels): Float64Array {
  const sizes = new Float64Array(numSegments)
  for (const label of labels) sizes[label]!++
  return Float64Array.from(labels, (label) => values[label]! / sizes[label]!)
}
