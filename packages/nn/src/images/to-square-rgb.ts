import { PipelineError, type PixelImage } from '@etsef/plugin-api'
import { resize } from './resize.js'

/** A part of a picture, in pixels. */
export interface Box {
  readonly top: number
  readonly left: number
  readonly height: number
  readonly width: number
}

/**
 * A decoded picture, or a part of it, as RGB bytes `[side, side, 3]`: resized once, with antialias; grey is repeated, alpha dropped,
 * 16 bits scaled to 8 after resizing.
 *
 * @param box - Part that is kept; default the whole picture.
 * @throws PipelineError `ERR_SHAPE_MISMATCH` for another number of channels.
 */
export function toSquareRgb(image: PixelImage, side: number, box?: Box): Uint8Array {
  const [fullHeight, fullWidth, channels] = image.shape
  const colours = channels >= 3 ? 3 : 1
  if (channels < 1 || channels > 4) {
    throw new PipelineError('ERR_SHAPE_MISMATCH', {
      message: 'A picture cannot be read as RGB',
      expected: '1 to 4 channels',
      received: `${channels} channels`,
    })
  }
  const { top, left, height, width } = box ?? { top: 0, left: 0, height: fullHeight, width: fullWidth }
  const isWhole = height === fullHeight && width === fullWidth
  if (image.dtype === 'uint8' && channels === 3) {
    const bytes = image.data as Uint8Array
    const data = isWhole ? bytes : cut(bytes, fullWidth, 3, { top, left, height, width })
    if (height === side && width === side) return isWhole ? data.slice() : data
    return resize({ height, width, channels, data }, side, side).data
  }
  const colour = colourOf(image, colours)
  const part = isWhole ? colour : cut(colour, fullWidth, colours, { top, left, height, width })
  const { data } =
    height === side && width === side
      ? { data: part }
      : resize({ height, width, channels: colours, data: part }, side, side)
  const rgb = new Uint8Array(side * side * 3)
  for (let pixel = 0; pixel < side * side; pixel++) {
    for (let c = 0; c < 3; c++) {
      const value = data[pixel * colours + (colours === 3 ? c : 0)]!
      rgb[pixel * 3 + c] = value < 0 ? 0 : value > 255 ? 255 : Math.round(value)
    }
  }
  return rgb
}

function cut<T extends Uint8Array | Float32Array>(data: T, pitch: number, channels: number, box: Box): T {
  const length = box.width * channels
  const part = (
    data instanceof Uint8Array ? new Uint8Array(box.height * length) : new Float32Array(box.height * length)
  ) as T
  for (let y = 0; y < box.height; y++) {
    const from = ((box.top + y) * pitch + box.left) * channels
    part.set(data.subarray(from, from + length), y * length)
  }
  return part
}

/** Grey or RGB, on the scale of bytes. */
function colourOf({ data, dtype, shape }: PixelImage, colours: 1 | 3): Uint8Array | Float32Array {
  const [height, width, channels] = shape
  if (dtype === 'uint8' && channels === colours) return data as Uint8Array
  const numPixels = height * width
  const scale = dtype === 'uint16' ? 1 / 257 : 1
  const colour = new (dtype === 'uint8' ? Uint8Array : Float32Array)(numPixels * colours)
  for (let pixel = 0; pixel < numPixels; pixel++) {
    for (let c = 0; c < colours; c++) colour[pixel * colours + c] = data[pixel * channels + c]! * scale
  }
  return colour
}
