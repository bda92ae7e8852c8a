import type { Json } from '../json.js'
import { concatRows, pickRows, type Rows } from './rows.js'

/** Decoded pixels, row-major `[height, width, channels]`; uint8 in [0, 255], uint16 in [0, 65535], float32 as documented by its maker. */
export interface PixelImage {
  readonly dtype: 'uint8' | 'uint16' | 'float32'
  readonly shape: readonly [height: number, width: number, channels: number]
  readonly data: Uint8Array | Uint16Array | Float32Array
  /** What a random operation did to make this view, for people who look at it. */
  readonly drawn?: Json
}

/**
 * Rows of images. Nothing is decoded until `load(index)` is called; two calls decode twice.
 *
 * What learns asks for draws: `load(index, 0)`, `load(index, 1)`, … Where {@link ImageBatch.isRandom}, these are views of a train row, the
 * same for the same number; else, and without a number, the picture as it is.
 */
export interface ImageBatch extends Rows {
  readonly kind: 'images'
  /** Where the source finds the picture, relative to its root (`glioma/a.jpg`, `phantom:17`). Only sources, splits and reports see it. */
  readonly uris: readonly string[]
  /** Id of the row a new row was made from; equal to the row's own id where nothing was made. */
  readonly parentIds: readonly string[]
  /** What each lazy image operation on the way does to the row (parameters, `null` for nothing), outermost last. Empty where uris are hidden. */
  readonly transforms: readonly (readonly Json[])[]
  /** Whether pictures of train rows differ from draw to draw. */
  readonly isRandom?: boolean
  /**
   * Decodes row `index` and applies its transforms. Rejects with a {@link PipelineError} naming the file.
   *
   * @param draw - Which of the views that random operations on the way make, a whole number from 0. Left out: none, the picture itself.
   * @param side - Side of the square that the caller resizes a view to anyway: a random operation may give it at once.
   */
  load(index: number, draw?: number, side?: number): Promise<PixelImage>
}

/** Image rows as an operation makes them: the runner adds the loader. */
export interface ImageRows extends Rows {
  readonly kind: 'images'
  readonly uris: readonly string[]
  /** See {@link ImageBatch.parentIds}; left out when no row is new. */
  readonly parentIds?: readonly string[]
  /** Parameters this operation's `loadPixels` gets for the row; left out when it changes no pixels. */
  readonly parameters?: readonly Json[]
}

/** The images at the given positions. */
export function pickImages(batch: ImageBatch, indices: readonly number[]): ImageBatch {
  return {
    kind: 'images',
    ...pickRows(batch, indices),
    uris: indices.map((i) => batch.uris[i]!),
    parentIds: indices.map((i) => batch.parentIds[i]!),
    transforms: indices.map((i) => batch.transforms[i]!),
    ...(batch.isRandom && { isRandom: true }),
    load: (index, ...view) => batch.load(indices[index]!, ...view),
  }
}

/** Several image batches as one. */
export function concatImages(batches: readonly ImageBatch[]): ImageBatch {
  const starts: number[] = []
  let total = 0
  for (const batch of batches) {
    starts.push(total)
    total += batch.ids.length
  }
  return {
    kind: 'images',
    ...concatRows(batches),
    uris: batches.flatMap((batch) => batch.uris),
    parentIds: batches.flatMap((batch) => batch.parentIds),
    transforms: batches.flatMap((batch) => batch.transforms),
    ...(batches.some(({ isRandom }) => isRandom) && { isRandom: true }),
    load: (index, ...view) => {
      let at = starts.length - 1
      while (starts[at]! > index) at--
      return batches[at]!.load(index - starts[at]!, ...view)
    },
  }
}
