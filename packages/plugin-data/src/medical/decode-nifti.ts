import type { PixelImage } from '@etsef/plugin-api'
import { isNIFTI, readHeader, readImage, type NIFTI1, type NIFTI2 } from 'nifti-reader-js'
import { gunzipSync } from 'node:zlib'
import { noSuchFrame, tooLarge, unreadable } from './refusals.js'
import { greyPicture, spanOf, type Grey } from './to-grey.js'
import type { Window } from './window-options.js'

/** Bytes after unpacking: a bomb of zeros would fill the memory. */
const maxUnpacked = 2 ** 31 - 1

/** A volume, unpacked. */
export interface NiftiFile {
  readonly header: NIFTI1 | NIFTI2
  readonly bytes: ArrayBuffer
  /** Of the first axis, the second, and how many slices lie along all others. */
  readonly width: number
  readonly height: number
  readonly numSlices: number
  /** The slice in the middle of the third axis. */
  readonly middle: number
}

/** Whether bytes are gzip, in which volumes often are. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b
}

/** Whether bytes are a NIfTI-1 or NIfTI-2 volume in one file, unpacked. */
export function isNifti(bytes: Uint8Array): boolean {
  return bytes.length >= 348 && isNIFTI(buffer(bytes))
}

/** The volume; undefined where the bytes are none. @throws PipelineError `ERR_BAD_DATA` for damaged gzip. */
export function readNifti(packed: Uint8Array, name: string): NiftiFile | undefined {
  const bytes = isGzip(packed) ? unpack(packed, name) : packed
  if (!isNifti(bytes)) return undefined
  const whole = buffer(bytes)
  const header = readHeader(whole)
  const [, width = 0, height = 0, depth = 1, ...more] = header.dims
  const used = header.dims[0] ?? 0
  const times = more.slice(0, Math.max(used - 3, 0)).reduce((product, size) => product * Math.max(size, 1), 1)
  const slices = used >= 3 ? Math.max(depth, 1) : 1
  if (used < 2 || used > 7 || width < 1 || height < 1)
    throw unreadable(
      name,
      `is a volume of ${String(used)} axes, the first two of ${String(width)} and ${String(height)}`,
    )
  return { header, bytes: whole, width, height, numSlices: slices * times, middle: Math.floor(slices / 2) }
}

/**
 * A slice along the third axis as RGB, uint8 `[height, width, 3]`: the first axis runs to the right, the second upwards, as the values are stored. The
 * file's affine turns nothing.
 *
 * @throws PipelineError `ERR_BAD_DATA` for what is damaged or of a type that is not read; `ERR_TOO_LARGE`.
 */
export function decodeSlice(
  { header, bytes, width, height, numSlices, middle }: NiftiFile,
  name: string,
  {
    frame = middle,
    window,
    maxPixels,
  }: { readonly frame?: number | undefined; readonly window: Window; readonly maxPixels: number },
): PixelImage {
  if (width * height > maxPixels) throw tooLarge(name, maxPixels)
  if (frame >= numSlices) throw noSuchFrame(name, frame, numSlices)
  const read = readers[header.datatypeCode]
  if (!read)
    throw unreadable(name, `holds values of NIfTI type ${String(header.datatypeCode)}, which are not read`, {
      expected: 'integers of 8, 16 or 32 bits, or floating-point numbers',
    })
  const image = new DataView(readImage(header, bytes))
  const size = header.numBitsPerVoxel / 8
  const expected = width * height * numSlices * size
  if (image.byteLength < expected)
    throw unreadable(name, 'is cut off: it holds fewer values than it says', {
      expected: `${String(expected)} bytes`,
      received: String(image.byteLength),
      hint: 'replace or remove it',
    })
  const isScaled = header.scl_slope !== 0 && Number.isFinite(header.scl_slope)
  const [slope, intercept] = isScaled ? [header.scl_slope, header.scl_inter] : [1, 0]
  const valueAt = (index: number): number => read(image, index * size, header.littleEndian) * slope + intercept
  const values = new Float64Array(width * height)
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++)
      values[row * width + column] = valueAt((frame * height + (height - 1 - row)) * width + column)
  }
  return greyPicture(values, { height, width }, windowOf(window, header, width * height * numSlices, valueAt))
}

function windowOf(
  window: Window,
  { cal_min: low, cal_max: high }: NIFTI1 | NIFTI2,
  numValues: number,
  valueAt: (index: number) => number,
): Grey {
  if (typeof window !== 'string') return { kind: 'linear', centre: window[0]!, width: window[1]! }
  if (window === 'file' && high > low) return spanOf(low, high)
  let [least, most] = [Infinity, -Infinity]
  for (let index = 0; index < numValues; index++) {
    const value = valueAt(index)
    if (value < least) least = value
    if (value > most) most = value
  }
  return least <= most ? spanOf(least, most) : spanOf(0, 1)
}

type Reader = (view: DataView, offset: number, isLittle: boolean) => number

const readers: Readonly<Record<number, Reader>> = {
  2: (view, offset) => view.getUint8(offset),
  4: (view, offset, isLittle) => view.getInt16(offset, isLittle),
  8: (view, offset, isLittle) => view.getInt32(offset, isLittle),
  16: (view, offset, isLittle) => view.getFloat32(offset, isLittle),
  64: (view, offset, isLittle) => view.getFloat64(offset, isLittle),
  256: (view, offset) => view.getInt8(offset),
  512: (view, offset, isLittle) => view.getUint16(offset, isLittle),
  768: (view, offset, isLittle) => view.getUint32(offset, isLittle),
}

function unpack(packed: Uint8Array, name: string): Uint8Array {
  try {
    return gunzipSync(packed, { maxOutputLength: maxUnpacked })
  } catch {
    throw unreadable(name, 'is damaged: its gzip cannot be unpacked', { hint: 'replace or remove it' })
  }
}

function buffer(bytes: Uint8Array): ArrayBuffer {
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer // of a file, never shared
}
