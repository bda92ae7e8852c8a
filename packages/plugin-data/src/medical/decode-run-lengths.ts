import { unreadable } from './refusals.js'

/** What run lengths hold. */
export interface RunLengthForm {
  readonly samples: number
  readonly bitsAllocated: number
  readonly numPixels: number
  /** How the file is called in messages. */
  readonly name: string
}

/**
 * A frame of DICOM's RLE Lossless (PS3.5 annex G): segments of PackBits, one for each byte of each sample, the most significant first.
 *
 * @returns Samples pixel by pixel, little-endian.
 * @throws PipelineError `ERR_BAD_DATA` where a segment is missing or ends early.
 */
export function decodeRunLengths(
  bytes: Uint8Array,
  { samples, bitsAllocated, numPixels, name }: RunLengthForm,
): Uint8Array {
  const width = bitsAllocated / 8
  const numSegments = samples * width
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < 64 || view.getUint32(0, true) !== numSegments)
    throw unreadable(name, 'is damaged: its run lengths have another number of segments than samples', {
      hint: 'replace or remove it',
    })
  const pixels = new Uint8Array(numPixels * numSegments)
  for (let segment = 0; segment < numSegments; segment++) {
    const start = view.getUint32(4 + 4 * segment, true)
    const end = segment + 1 < numSegments ? view.getUint32(8 + 4 * segment, true) : bytes.length
    const place = Math.floor(segment / width) * width + (width - 1 - (segment % width))
    const isWhole = unpackBits(bytes.subarray(start, end), numPixels, (pixel, value) => {
      pixels[pixel * numSegments + place] = value
    })
    if (!isWhole) throw unreadable(name, 'is cut off: its run lengths end early', { hint: 'replace or remove it' })
  }
  return pixels
}

function unpackBits(bytes: Uint8Array, count: number, put: (at: number, value: number) => void): boolean {
  let at = 0
  for (let from = 0; at < count && from < bytes.length;) {
    const control = bytes[from++]!
    if (control === 128) continue
    const isRun = control > 128
    const length = isRun ? 257 - control : control + 1
    for (let i = 0; i < length && at < count; i++) {
      const value = bytes[isRun ? from : from + i]
      if (value === undefined) return false
      put(at++, value)
    }
    from += isRun ? 1 : length
  }
  return at === count
}
