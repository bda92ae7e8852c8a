import { PipelineError, type PixelImage } from '@etsef/plugin-api'
import { decodeImage, type DecodeOptions } from '../folder/decode-image.js'
import type { Box, PicturePlace } from '../folder/picture-place.js'
import { decodeDicom } from './decode-dicom.js'
import { decodeSlice, isGzip, isNifti, readNifti } from './decode-nifti.js'
import { isDicom } from './read-dicom.js'
import { noSuchFrame } from './refusals.js'
import type { Window } from './window-options.js'

/** How values become 8-bit RGB. */
export interface PlaceOptions extends DecodeOptions {
  readonly window: Window
}

/**
 * Pixels of a picture as RGB, uint8 `[height, width, 3]`: of JPEG, PNG, WebP, TIFF and GIF by {@link decodeImage}, of DICOM and NIfTI the frame or slice that
 * the place names, cut to its box. What a file is, its first bytes say.
 *
 * @throws PipelineError As {@link decodeImage} does, and for a frame or box that the file does not have.
 */
export async function decodePlace(bytes: Uint8Array, place: PicturePlace, options: PlaceOptions): Promise<PixelImage> {
  const picture = await decodeFrame(bytes, place, options)
  return place.box ? cut(picture, place.box, place.path) : picture
}

async function decodeFrame(
  bytes: Uint8Array,
  { path, frame }: PicturePlace,
  options: PlaceOptions,
): Promise<PixelImage> {
  const { window, maxPixels = 1e8 } = options
  if (isDicom(bytes)) return decodeDicom(bytes, path, { frame: frame ?? 0, window, maxPixels })
  if (isGzip(bytes) || isNifti(bytes)) {
    const volume = readNifti(bytes, path)
    if (volume) return decodeSlice(volume, path, { frame, window, maxPixels })
  }
  if (frame !== undefined && frame > 0) throw noSuchFrame(path, frame, 1)
  return decodeImage(bytes, path, options)
}

function cut({ shape: [height, width], data }: PixelImage, box: Box, name: string): PixelImage {
  const { left, top } = box
  if (left + box.width > width || top + box.height > height)
    throw new PipelineError('ERR_BAD_DATA', {
      message: `The box of "${name}" reaches beyond the picture`,
      expected: `inside ${String(width)} × ${String(height)} pixels`,
      received: `left ${String(left)}, top ${String(top)}, ${String(box.width)} × ${String(box.height)}`,
      hint: 'boxes are left, top, width and height in pixels of the file',
    })
  const pixels = new Uint8Array(box.width * box.height * 3)
  for (let row = 0; row < box.height; row++) {
    const from = ((top + row) * width + left) * 3
    pixels.set(data.subarray(from, from + box.width * 3), row * box.width * 3)
  }
  return { dtype: 'uint8', shape: [box.height, box.width, 3], data: pixels }
}
