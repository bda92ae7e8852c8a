import type * as DicomParser from 'dicom-parser'
import type { DataSet, Element } from 'dicom-parser'
import { createRequire } from 'node:module'
import { inflateRawSync } from 'node:zlib'
import { unreadable } from './refusals.js'

/** Values after inflating: a bomb of zeros would fill the memory. */
const maxInflated = 2 ** 30

const dicomParser = createRequire(import.meta.url)('dicom-parser') as typeof DicomParser

/** What a DICOM file says, and where its pixels are. */
export interface DicomFile {
  readonly set: DataSet
  readonly pixels: Element
  readonly transferSyntax: string
  readonly rows: number
  readonly columns: number
  readonly numFrames: number
  /** Who it is of, for a group; empty where the file does not say. Never for an artifact. */
  readonly patientKey: string
  /** Words of the patient's name and id: nothing that is kept may hold them. */
  readonly patientWords: readonly string[]
}

/** Whether bytes are a DICOM file of the standard's part 10. */
export function isDicom(bytes: Uint8Array): boolean {
  return bytes.length >= 132 && Buffer.from(bytes.subarray(128, 132)).toString('latin1') === 'DICM'
}

/** Parses a DICOM file. @throws PipelineError `ERR_BAD_DATA` for one that is damaged or holds no picture; it never names what is in the file. */
export function readDicom(bytes: Uint8Array, name: string): DicomFile {
  let set: DataSet
  try {
    set = dicomParser.parseDicom(bytes, {
      inflater: (all: Uint8Array, position: number) => {
        const rest = inflateRawSync(all.subarray(position), { maxOutputLength: maxInflated })
        return Buffer.concat([all.subarray(0, position), rest])
      },
    })
  } catch {
    // What is thrown holds the file's elements, names of patients among them.
    throw unreadable(name, 'is damaged: its DICOM elements cannot be read', { hint: 'replace or remove it' })
  }
  const pixels = set.elements['x7fe00010']
  if (!pixels)
    throw unreadable(
      name,
      set.elements['x7fe00008'] || set.elements['x7fe00009']
        ? 'holds floating-point pixels'
        : 'is a DICOM file without pixels',
      { hint: 'reports, directories and structure sets are no pictures; leave it out' },
    )
  const [rows, columns] = [set.uint16('x00280010') ?? 0, set.uint16('x00280011') ?? 0]
  if (rows === 0 || columns === 0) throw unreadable(name, 'does not say how many rows and columns it has')
  const numFrames = set.intString('x00280008') ?? 1
  if (!(numFrames >= 1)) throw unreadable(name, `says that it has ${String(numFrames)} frames`)
  const [id, issuer, patient] = ['x00100020', 'x00100021', 'x00100010'].map((tag) => (set.string(tag) ?? '').trim())
  return {
    set,
    pixels,
    transferSyntax: set.string('x00020010') ?? '1.2.840.10008.1.2',
    rows,
    columns,
    numFrames,
    patientKey: id === '' ? '' : JSON.stringify([issuer, id]),
    patientWords: [id!, ...patient!.split(/[\^=,\s]+/)].filter((word) => word.length >= 3),
  }
}

/** Compressed bytes of a frame. @throws PipelineError `ERR_BAD_DATA` where fragments and frames cannot be told apart. */
export function encapsulatedFrame({ set, pixels, numFrames }: DicomFile, frame: number, name: string): Uint8Array {
  const { fragments = [], basicOffsetTable = [] } = pixels
  try {
    if (fragments.length === 0) throw new RangeError('no fragments')
    if (numFrames === 1) return dicomParser.readEncapsulatedPixelDataFromFragments(set, pixels, 0, fragments.length)
    if (fragments.length === numFrames) return dicomParser.readEncapsulatedPixelDataFromFragments(set, pixels, frame, 1)
    if (basicOffsetTable.length === numFrames) return dicomParser.readEncapsulatedImageFrame(set, pixels, frame)
  } catch {
    throw unreadable(name, 'is damaged: its compressed pixels cannot be read', { hint: 'replace or remove it' })
  }
  throw unreadable(name, 'does not say which of its fragments are which frame')
}

/** The first number of an element; of files with functional groups, of the frame's own, then of the shared ones. */
export function numberIn({ set }: DicomFile, frame: number, group: string, tag: string): number | undefined {
  const perFrame = set.elements['x52009230']?.items?.[frame]?.dataSet
  const shared = set.elements['x52009229']?.items?.[0]?.dataSet
  const nested = [perFrame, shared].map((item) => item?.elements[group]?.items?.[0]?.dataSet)
  for (const each of [...nested, set]) {
    const value = each?.floatString(tag)
    if (value !== undefined && Number.isFinite(value)) return value
  }
  return undefined
}
