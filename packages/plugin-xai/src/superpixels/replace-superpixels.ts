import { resize } from '@etsef/nn'
import type { PixelImage } from '@etsef/plugin-api'
import type { Superpixels } from './slic.js'

/** A picture whose superpixels can be taken away. */
export interface ReplaceablePicture {
  readonly image: PixelImage
  /** Superpixel of each pixel of the picture. */
  readonly labels: Int32Array
}

/** Superpixels that were found on a raster of another size, laid over the picture. */
export function laidOver(image: PixelImage, { labels, shape: [rows, columns] }: Superpixels): ReplaceablePicture {
  const [height, width] = image.shape
  const own = new Int32Array(height * width)
  for (let y = 0; y < height; y++) {
    const row = Math.floor(((y + 0.5) * rows) / height)
    for (let x = 0; x < width; x++)
      own[y * width + x] = labels[row * columns + Math.floor(((x + 0.5) * columns) / width)]!
  }
  return { image, labels: own }
}

/**
 * The picture with absent superpixels replaced by the same places of another.
 *
 * @param present - 1 for each superpixel that stays.
 * @param other - Of the picture's shape; see {@link madeLike}.
 */
export function withAbsent(
  { image, labels }: ReplaceablePicture,
  present: Uint8Array,
  other: Float32Array,
): PixelImage {
  const channels = image.shape[2]
  const data = copyOf(image)
  labels.forEach((label, pixel) => {
    if (present[label] === 1) return
    for (let at = pixel * channels; at < (pixel + 1) * channels; at++)
      data[at] = image.dtype === 'float32' ? other[at]! : Math.round(other[at]!)
  })
  return { ...image, data }
}

/** Decoders give Node's buffers, whose `slice` is a window on the same memory: a change would be of the picture itself. */
function copyOf({ dtype, data }: PixelImage): PixelImage['data'] {
  if (dtype === 'uint8') return Uint8Array.from(data)
  return dtype === 'uint16' ? Uint16Array.from(data) : Float32Array.from(data)
}

/** Values of a picture in the shape of another: resized, grey spread over colours or colours averaged to grey, bits brought to the same range. */
export function madeLike(picture: PixelImage, { dtype, shape }: Pick<PixelImage, 'dtype' | 'shape'>): Float32Array {
  const [height, width, channels] = picture.shape
  const scale = rangeOf(dtype) / rangeOf(picture.dtype)
  const raster = { height, width, channels, data: Float32Array.from(picture.data, (value) => value * scale) }
  const { data } = height === shape[0] && width === shape[1] ? raster : resize(raster, shape[0], shape[1])
  if (channels === shape[2]) return data
  const [colours, wanted] = [Math.min(channels, 3), shape[2]]
  const made = new Float32Array(shape[0] * shape[1] * wanted)
  for (let pixel = 0; pixel < shape[0] * shape[1]; pixel++) {
    let mean = 0
    for (let c = 0; c < colours; c++) mean += data[pixel * channels + c]! / colours
    for (let c = 0; c < wanted; c++)
      made[pixel * wanted + c] =
        c === 3 ? rangeOf(dtype) : colours === 3 && wanted >= 3 ? data[pixel * channels + c]! : mean
  }
  return made
}

function rangeOf(dtype: PixelImage['dtype']): number {
  return { uint8: 255, uint16: 65_535, float32: 1 }[dtype]
}
