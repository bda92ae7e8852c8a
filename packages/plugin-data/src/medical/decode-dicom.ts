import type { PixelImage } from '@etsef/plugin-api'
import { decodeImage } from '../folder/decode-image.js'
import { decodeRunLengths } from './decode-run-lengths.js'
import { encapsulatedFrame, numberIn, readDicom, type DicomFile } from './read-dicom.js'
import { noSuchFrame, tooLarge, unreadable } from './refusals.js'
import { greyPicture, spanOf, type Grey } from './to-grey.js'
import type { Window } from './window-options.js'

/** How a frame becomes a picture. */
export interface DicomOptions {
  readonly frame: number
  readonly window: Window
  readonly maxPixels: number
}

/** Transfer syntaxes that are read, by UID. */
const readSyntaxes: Readonly<Record<string, 'native' | 'bigEndian' | 'runLengths' | 'jpeg'>> = {
  '1.2.840.10008.1.2': 'native',
  '1.2.840.10008.1.2.1': 'native',
  '1.2.840.10008.1.2.1.99': 'native',
  '1.2.840.10008.1.2.2': 'bigEndian',
  '1.2.840.10008.1.2.5': 'runLengths',
  '1.2.840.10008.1.2.4.50': 'jpeg',
}

/** Names of others, for messages. */
const syntaxNames: Readonly<Record<string, string>> = {
  '1.2.840.10008.1.2.4.51': 'JPEG Extended',
  '1.2.840.10008.1.2.4.57': 'JPEG Lossless',
  '1.2.840.10008.1.2.4.70': 'JPEG Lossless, first-order prediction',
  '1.2.840.10008.1.2.4.80': 'JPEG-LS Lossless',
  '1.2.840.10008.1.2.4.81': 'JPEG-LS Near-Lossless',
  '1.2.840.10008.1.2.4.90': 'JPEG 2000 Lossless',
  '1.2.840.10008.1.2.4.91': 'JPEG 2000',
  '1.2.840.10008.1.2.4.201': 'High-Throughput JPEG 2000 Lossless',
  '1.2.840.10008.1.2.4.203': 'High-Throughput JPEG 2000',
  '1.2.840.10008.1.2.4.100': 'MPEG-2',
  '1.2.840.10008.1.2.4.102': 'MPEG-4',
}

/**
 * A frame of a DICOM file as RGB, uint8 `[height, width, 3]`.
 *
 * Grey: stored values, then `RescaleSlope` and `RescaleIntercept`, then the window, then `MONOCHROME1` turned over. Colour: 8-bit RGB as it is.
 *
 * @throws PipelineError `ERR_BAD_DATA` for what is damaged or of a form that is not read, which it names; `ERR_TOO_LARGE`.
 */
export async function decodeDicom(bytes: Uint8Array, name: string, options: DicomOptions): Promise<PixelImage> {
  const { frame, maxPixels } = options
  const file = readDicom(bytes, name)
  const { rows, columns, numFrames, set, transferSyntax } = file
  if (rows * columns > maxPixels) throw tooLarge(name, maxPixels)
  if (frame >= numFrames) throw noSuchFrame(name, frame, numFrames)
  const photometric = (set.string('x00280004') ?? '').trim()
  const how = readSyntaxes[transferSyntax]
  if (how === undefined)
    throw unreadable(
      name,
      `is compressed as ${syntaxNames[transferSyntax] ?? `transfer syntax ${transferSyntax}`}, which is not read`,
      {
        expected: 'uncompressed, RLE Lossless or JPEG Baseline',
        hint: 'decompress it, for example with gdcmconv --raw or dcmdjpeg, or leave it out',
      },
    )
  if (how === 'jpeg') return decodeBaseline(file, { ...options, name, photometric })
  const form = formOf(file, name)
  const frameBytes = form.samples * rows * columns * (form.bitsAllocated / 8)
  const raw =
    how === 'runLengths'
      ? decodeRunLengths(encapsulatedFrame(file, frame, name), { ...form, numPixels: rows * columns, name })
      : bytesOf(file, frame * frameBytes, frameBytes, name)
  if (photometric === 'RGB' && form.samples === 3) return colour(raw, file, form, name)
  if (photometric !== 'MONOCHROME1' && photometric !== 'MONOCHROME2')
    throw unreadable(
      name,
      `has pixels of the photometric interpretation ${photometric || 'none'}, which are not read`,
      {
        expected: 'MONOCHROME1, MONOCHROME2 or RGB',
      },
    )
  if (form.samples !== 1) throw unreadable(name, `is ${photometric} with ${String(form.samples)} samples a pixel`)
  return grey(storedValues(raw, form, how === 'bigEndian'), { ...options, file, form, photometric, name })
}

interface Form {
  readonly samples: number
  readonly bitsAllocated: number
  readonly bitsStored: number
  readonly isSigned: boolean
}

function formOf({ set }: DicomFile, name: string): Form {
  const samples = set.uint16('x00280002') ?? 1
  const bitsAllocated = set.uint16('x00280100') ?? 0
  const bitsStored = set.uint16('x00280101') ?? bitsAllocated
  const highBit = set.uint16('x00280102') ?? bitsStored - 1
  if (bitsAllocated !== 8 && bitsAllocated !== 16)
    throw unreadable(name, `has ${String(bitsAllocated)} bits a sample`, { expected: '8 or 16' })
  if (bitsStored < 1 || bitsStored > bitsAllocated || highBit !== bitsStored - 1)
    throw unreadable(
      name,
      `keeps ${String(bitsStored)} bits up to bit ${String(highBit)} of ${String(bitsAllocated)}`,
      {
        expected: 'the lowest bits of a sample',
      },
    )
  return { samples, bitsAllocated, bitsStored, isSigned: set.uint16('x00280103') === 1 }
}

function bytesOf({ set, pixels }: DicomFile, from: number, length: number, name: string): Uint8Array {
  if (
    pixels.encapsulatedPixelData === true ||
    from + length > pixels.length ||
    pixels.dataOffset + from + length > set.byteArray.length
  )
    throw unreadable(name, 'is cut off: it holds fewer pixels than it says', {
      expected: `${String(from + length)} bytes`,
      received: String(Math.max(0, Math.min(pixels.length, set.byteArray.length - pixels.dataOffset))),
      hint: 'replace or remove it',
    })
  return set.byteArray.subarray(pixels.dataOffset + from, pixels.dataOffset + from + length)
}

/** Samples as numbers; bits above those that are kept say nothing. */
function storedValues(
  raw: Uint8Array,
  { bitsAllocated, bitsStored, isSigned }: Form,
  isBigEndian: boolean,
): Int32Array {
  const isWide = bitsAllocated === 16
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength)
  const unused = 32 - bitsStored
  return Int32Array.from({ length: isWide ? raw.length >> 1 : raw.length }, (_, i) => {
    const value = isWide ? view.getUint16(2 * i, !isBigEndian) : raw[i]!
    return isSigned ? (value << unused) >> unused : (value << unused) >>> unused
  })
}

function grey(
  stored: Int32Array,
  {
    file,
    form,
    frame,
    window,
    photometric,
    name,
  }: DicomOptions & { file: DicomFile; form: Form; photometric: string; name: string },
): PixelImage {
  if (file.set.elements['x00283000']) throw unreadable(name, 'has a Modality LUT Sequence, which is not read')
  const slope = numberIn(file, frame, 'x00289145', 'x00281053') ?? 1
  const intercept = numberIn(file, frame, 'x00289145', 'x00281052') ?? 0
  const values = Float64Array.from(stored, (value) => value * slope + intercept)
  const [least, most] = form.isSigned
    ? [-(2 ** (form.bitsStored - 1)), 2 ** (form.bitsStored - 1) - 1]
    : [0, 2 ** form.bitsStored - 1]
  const ends = [least * slope + intercept, most * slope + intercept]
  const full = spanOf(Math.min(...ends), Math.max(...ends))
  return greyPicture(
    values,
    { height: file.rows, width: file.columns },
    {
      ...windowOf(values, full, { file, frame, window, name }),
      isInverted: photometric === 'MONOCHROME1',
    },
  )
}

function windowOf(
  values: Float64Array,
  full: Grey,
  { file, frame, window, name }: Pick<DicomOptions, 'frame' | 'window'> & { file: DicomFile; name: string },
): Grey {
  if (window === 'full') return full
  if (window === 'minMax') {
    let [low, high] = [Infinity, -Infinity]
    for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)]
    return spanOf(low, high)
  }
  if (window !== 'file') return { kind: 'linear', centre: window[0]!, width: window[1]! }
  const centre = numberIn(file, frame, 'x00289132', 'x00281050')
  const width = numberIn(file, frame, 'x00289132', 'x00281051')
  if (centre === undefined || width === undefined) {
    if (file.set.elements['x00283010'])
      throw unreadable(name, 'has a VOI LUT Sequence and no window', {
        hint: 'set window: full, minMax or [centre, width]',
      })
    return full
  }
  const functionName = (file.set.string('x00281056') ?? 'LINEAR').trim()
  const kind = functionName === 'SIGMOID' ? 'sigmoid' : functionName === 'LINEAR_EXACT' ? 'linearExact' : 'linear'
  if (kind === 'linear' ? width < 1 : width <= 0)
    throw unreadable(name, `has a window of width ${String(width)}`, {
      hint: 'set window: full, minMax or [centre, width]',
    })
  return { kind, centre, width }
}

function colour(
  raw: Uint8Array,
  { set, rows, columns }: DicomFile,
  { bitsAllocated, bitsStored }: Form,
  name: string,
): PixelImage {
  if (bitsAllocated !== 8 || bitsStored !== 8)
    throw unreadable(name, `has RGB of ${String(bitsStored)} bits`, { expected: '8 bits' })
  const numPixels = rows * columns
  const isPlanar = set.uint16('x00280006') === 1 && set.string('x00020010') !== '1.2.840.10008.1.2.5'
  const data = isPlanar
    ? Uint8Array.from({ length: numPixels * 3 }, (_, i) => raw[(i % 3) * numPixels + Math.floor(i / 3)]!)
    : Uint8Array.from(raw)
  return { dtype: 'uint8', shape: [rows, columns, 3], data }
}

/** JPEG Baseline holds 8-bit grey or YCbCr, and is decoded as any JPEG is; grey has window and slope as other grey has. */
async function decodeBaseline(
  file: DicomFile,
  { name, photometric, ...options }: DicomOptions & { readonly name: string; readonly photometric: string },
): Promise<PixelImage> {
  const picture = await decodeImage(encapsulatedFrame(file, options.frame, name), name, {
    maxPixels: options.maxPixels,
  })
  if (picture.shape[0] !== file.rows || picture.shape[1] !== file.columns)
    throw unreadable(name, 'holds a JPEG of another size than it says', {
      expected: `${String(file.rows)} × ${String(file.columns)}`,
      received: `${String(picture.shape[0])} × ${String(picture.shape[1])}`,
    })
  if (photometric === 'YBR_FULL' || photometric === 'YBR_FULL_422') return picture
  const form = formOf(file, name)
  if (!photometric.startsWith('MONOCHROME') || form.bitsStored !== 8)
    throw unreadable(
      name,
      `holds a JPEG of the photometric interpretation ${photometric || 'none'}, which is not read`,
      {
        expected: 'MONOCHROME1, MONOCHROME2 or YBR_FULL_422, of 8 bits',
      },
    )
  const stored = Int32Array.from({ length: file.rows * file.columns }, (_, i) => picture.data[i * 3]!)
  return grey(stored, { ...options, file, form, photometric, name })
}
