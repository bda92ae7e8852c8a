import { PipelineError, type PixelImage } from '@etsef/plugin-api'
import sharp, { type Sharp } from 'sharp'
import { describeStart, pictureFormat, type PictureFormat } from './picture-format.js'
import { readRegular } from './read-picture.js'

// A picture is decoded once and taken over: what libvips keeps for the next time costs a tenth of the decoding.
sharp.cache(false)

/** How values become 8-bit RGB. */
export interface DecodeOptions {
  /** Significant bits of 16-bit files (12 for 12-bit scans stored in 16 bits); larger values are cut to white. Default 16. */
  readonly significantBits?: number
  /** Pixels refused above this number (height × width), against decompression bombs. Default 1e8. */
  readonly maxPixels?: number
  /** Frames or pages above this number are refused. Default: any number, of which the first is taken. */
  readonly maxPages?: number
}

/**
 * Pixels of an image file as RGB, uint8 `[height, width, 3]`, in [0, 255].
 *
 * The contract: EXIF orientation is applied; the first page of many; grey becomes three equal channels; palettes are expanded; alpha is
 * blended onto black (`round(value · alpha / max)`); 16-bit values become `round(value · 255 / (2^significantBits − 1))`; embedded colour
 * profiles and CMYK are converted to sRGB. Floating-point and 32-bit images are refused rather than guessed at.
 *
 * @param file - Path or encoded bytes.
 * @param name - How the image is called in messages.
 * @throws PipelineError `ERR_MISSING_FILE`, `ERR_TOO_LARGE`, or `ERR_BAD_DATA` (truncated, not an image, unsupported depth), naming it.
 */
export async function decodeImage(
  file: string | Uint8Array,
  name: string,
  options: DecodeOptions = {},
): Promise<PixelImage> {
  const { significantBits = 16, maxPixels = 1e8, maxPages = Infinity } = options
  const bytes = typeof file === 'string' ? await readRegular(file, name) : file
  try {
    const { image, wide } = await openImage(bytes, name, maxPixels)
    if (maxPages < Infinity) await checkPages(image, name, maxPages)
    const isWide = wide !== undefined
    const raw = isWide
      ? image.toColourspace(wide).raw({ depth: 'ushort' })
      : image.toColourspace('srgb').raw({ depth: 'uchar' })
    const { data, info } = await raw.toBuffer({ resolveWithObject: true })
    // No Buffer: what its slice() gives is the same memory, and whoever changes that changes the picture.
    const values = isWide
      ? new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2)
      : new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    const pixels = toRgb(
      values,
      info.channels,
      isWide ? { full: 2 ** significantBits - 1, alphaFull: 65535 } : { full: 255, alphaFull: 255 },
    )
    return { dtype: 'uint8', shape: [info.height, info.width, 3], data: pixels }
  } catch (error) {
    throw error instanceof PipelineError ? error : await explain(error, { bytes, name, maxPixels })
  }
}

/** The file as a decoder sees it, and its colour space where it has 16 bits. @throws PipelineError `ERR_BAD_DATA` for other formats and samples. */
async function openImage(
  bytes: Uint8Array,
  name: string,
  maxPixels: number,
): Promise<{ readonly image: Sharp; readonly wide: 'grey16' | 'rgb16' | undefined }> {
  const format = pictureFormat(bytes)
  if (format === undefined) throw foreign(bytes, name)
  const image = sharp(bytes, { limitInputPixels: maxPixels, failOn: 'warning', sequentialRead: true }).autoOrient()
  return { image, wide: await wideSpace(image, name, format) }
}

async function checkPages(image: Sharp, name: string, maxPages: number): Promise<void> {
  const { pages = 1 } = await image.metadata()
  if (pages > maxPages)
    throw new PipelineError('ERR_BAD_DATA', {
      message: `Image "${name}" has several frames or pages, and does not say which is meant`,
      expected: `at most ${String(maxPages)}`,
      received: String(pages),
      hint: 'export the one that is meant',
    })
}

function foreign(bytes: Uint8Array, name: string): PipelineError {
  return new PipelineError('ERR_BAD_DATA', {
    message: `Image "${name}" cannot be decoded: its content is of no format that is read`,
    expected: 'JPEG, PNG, WebP, TIFF or GIF, by its first bytes',
    received: describeStart(bytes),
    hint: 'convert or remove it',
  })
}

/** Colour space of a 16-bit image; undefined for 8 bits. @throws PipelineError `ERR_BAD_DATA` for other samples. */
async function wideSpace(image: Sharp, name: string, format: PictureFormat): Promise<'grey16' | 'rgb16' | undefined> {
  // One page of 8 bits: its header need not be read on its own.
  if (format === 'JPEG') return undefined
  const { depth, space, hasAlpha, channels, pages = 1 } = await image.metadata()
  if (depth === 'uchar') return undefined
  if (depth !== 'ushort') throw unsupported(name, `${depth} samples`)
  if (pages > 1) throw unsupported(name, `${String(pages)} pages of 16-bit samples`)
  if (space !== 'grey16' && space !== 'rgb16') throw unsupported(name, `16-bit samples in ${space}`)
  return channels - (hasAlpha ? 1 : 0) === 1 ? 'grey16' : 'rgb16'
}

/** 1 (grey), 2 (grey, alpha), 3 or 4 channels as three 8-bit channels on black. */
function toRgb(
  values: Uint16Array | Uint8Array,
  channels: number,
  { full, alphaFull }: { readonly full: number; readonly alphaFull: number },
): Uint8Array {
  const count = values.length / channels
  const pixels = new Uint8Array(count * 3)
  const hasAlpha = channels === 2 || channels === 4
  // Most files: nothing to compute.
  if (channels === 3 && full === 255) return values instanceof Uint8Array ? values : Uint8Array.from(values)
  const step = channels < 3 ? 0 : 1
  for (let i = 0; i < count; i++) {
    const from = i * channels
    const alpha = hasAlpha ? values[from + channels - 1]! / alphaFull : 1
    for (let channel = 0; channel < 3; channel++) {
      const value = Math.min(values[from + channel * step]!, full)
      pixels[i * 3 + channel] = Math.round((value * alpha * 255) / full)
    }
  }
  return pixels
}

function unsupported(name: string, received: string): PipelineError {
  return new PipelineError('ERR_BAD_DATA', {
    message: `Image "${name}" cannot be decoded under the contract`,
    expected: '8-bit or 16-bit grey or RGB samples',
    received,
    hint: 'export it as an 8-bit or 16-bit PNG',
  })
}

interface Undecoded {
  readonly bytes: Uint8Array
  readonly name: string
  readonly maxPixels: number
}

async function explain(error: unknown, { bytes, name, maxPixels }: Undecoded): Promise<PipelineError> {
  if ((await numPixelsOf(bytes)) > maxPixels) {
    return new PipelineError('ERR_TOO_LARGE', {
      message: `Image "${name}" is too large`,
      expected: `at most ${String(maxPixels)} pixels`,
      cause: error,
    })
  }
  const text = error instanceof Error ? error.message : String(error)
  return new PipelineError('ERR_BAD_DATA', {
    message: `Image "${name}" cannot be decoded: ${text.split('\n')[0] ?? ''}`,
    hint: 'the file is damaged or no image; replace or remove it',
    cause: error,
  })
}

/** As its header says; 0 where there is none that can be read. */
async function numPixelsOf(bytes: Uint8Array): Promise<number> {
  return sharp(bytes, { limitInputPixels: false })
    .metadata()
    .then(
      ({ width, height }) => width * height,
      () => 0,
    )
}
