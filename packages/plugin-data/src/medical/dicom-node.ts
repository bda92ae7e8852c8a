import { PipelineError, type PixelImage, type SourceImplementation } from '@etsef/plugin-api'
import { createHash } from 'node:crypto'
import { of } from 'rxjs'
import sharp from 'sharp'
import { folderRows } from '../folder/folder-rows.js'
import { describeClasses, listFolder, type ListedFile } from '../folder/list-folder.js'
import { formatPlace, parsePlace } from '../folder/picture-place.js'
import { readPicture } from '../folder/read-picture.js'
import { scanFiles } from '../folder/scan-files.js'
import { usableFiles } from '../folder/usable-files.js'
import { readNifti } from './decode-nifti.js'
import { decodePlace } from './decode-place.js'
import { dicomListOptions, type DicomSetOptions, type dicomOutputs } from './dicom.js'
import { loadPlace } from './load-place.js'
import { isDicom, readDicom } from './read-dicom.js'
import { unreadable } from './refusals.js'

type Implementation = SourceImplementation<DicomSetOptions, typeof dicomOutputs>

// The stage is granted its threads by the runner; libvips must not take more, nor keep decoded images.
sharp.concurrency(1)
sharp.cache(false)

/** What is known of a file once it was read. */
interface SeenFile {
  /** Frames that become pictures. */
  readonly frames: readonly number[]
  readonly numFrames: number
  /** Whom it is of; empty where it does not say. Stays in this process. */
  readonly patientKey: string
}

/** Rows of the files; every frame that becomes one is decoded once, to see that it can be. */
export const run: Implementation['run'] = async ({ options, ctx, keepPixels }) => {
  const listed = listFolder(options.path, dicomListOptions(options))
  ctx.log('info', describeClasses(listed))
  const seen = new Map<string, SeenFile>()
  const scan = await scanFiles(listed.files, ctx, async (path) => {
    const bytes = await readPicture({ root: options.path, path })
    const file = lookAt(bytes, path, options)
    const sourceId = createHash('sha256').update(bytes).digest('hex')
    for (const frame of file.frames) {
      const image = await decodePlace(bytes, { path, frame }, options)
      keepPixels({ port: 'images', uri: uriOf(path, frame, file), sourceId }, image)
    }
    seen.set(path, file)
    return sourceId
  })
  const { listing, sha256 } = usableFiles(listed, scan, options, ctx)
  const patients = numberPatients(listing.files, seen)
  const pictures = listing.files.flatMap((file, at) => {
    const seenFile = seen.get(file.path)!
    return seenFile.frames.map((frame) => ({
      file: { ...file, path: uriOf(file.path, frame, seenFile) },
      digest: sha256[at]!,
    }))
  })
  const rows = folderRows(
    { ...listing, files: pictures.map(({ file }) => file) },
    pictures.map(({ digest }) => digest),
    {
      perClass: options.perClass,
      permuteLabels: options.permuteLabels,
      keepPartitions: options.splitFolders === 'keep',
      groupOfPath: (uri) => patients.get(parsePlace(uri).path),
    },
  )
  const nameless = listing.files.filter(({ path }) => seen.get(path)!.patientKey === '').length
  if (nameless > 0)
    ctx.log('warn', `${String(nameless)} files do not say whom they are of: each counts as a patient of its own`)
  if (options.permuteLabels !== null) ctx.log('warn', 'Labels are permuted: a control, in which nothing can be learned')
  return { images: of(rows) }
}

function uriOf(path: string, frame: number, { numFrames }: SeenFile): string {
  return formatPlace({ path, ...(numFrames > 1 && { frame }) })
}

function lookAt(bytes: Uint8Array, path: string, { frames, namedPaths }: DicomSetOptions): SeenFile {
  if (isDicom(bytes)) {
    const { numFrames, patientKey, patientWords } = readDicom(bytes, path)
    if (namedPaths === 'refuse' && patientWords.some((word) => path.toLowerCase().includes(word.toLowerCase())))
      throw new PipelineError('ERR_BAD_DATA', {
        // Neither the path nor the name is told: both would name the patient in the log.
        message: 'The path of a file holds the name or id of its patient, which rows would keep as their id',
        option: 'namedPaths',
        hint: 'rename files and folders, or set namedPaths: keep where they are pseudonyms already',
      })
    return { frames: chosen(frames, numFrames, Math.floor(numFrames / 2)), numFrames, patientKey }
  }
  const volume = readNifti(bytes, path)
  if (!volume)
    throw unreadable(path, 'is neither DICOM nor NIfTI', {
      expected: 'DICM at byte 128, or a NIfTI header',
      hint: 'take JPEG, PNG and TIFF with data/folder; leave out what is no picture',
    })
  return { frames: chosen(frames, volume.numSlices, volume.middle), numFrames: volume.numSlices, patientKey: '' }
}

function chosen(frames: DicomSetOptions['frames'], numFrames: number, middle: number): readonly number[] {
  if (frames === 'first') return [0]
  return frames === 'middle' ? [middle] : Array.from({ length: numFrames }, (_, frame) => frame)
}

/**
 * A number for each patient in the order of the files, by path. Digests of ids would not do: there are so few ids in a hospital that all can be tried.
 */
function numberPatients(
  files: readonly ListedFile[],
  seen: ReadonlyMap<string, SeenFile>,
): ReadonlyMap<string, string> {
  const numbers = new Map<string, string>()
  const groups = new Map<string, string>()
  for (const { path } of files) {
    const key = seen.get(path)!.patientKey
    if (key === '') continue
    const group = numbers.get(key) ?? `patient-${String(numbers.size + 1)}`
    numbers.set(key, group)
    groups.set(path, group)
  }
  return groups
}

/** The picture's pixels, uint8 `[height, width, 3]`, of the bytes that the row was made of. */
export const loadPixels = ({
  row,
  options,
}: {
  readonly row: { readonly uri: string; readonly sourceId?: string }
  readonly options: DicomSetOptions
}): Promise<PixelImage> => loadPlace(options.path, row, options)

/** A picture from elsewhere, by the same contract: of several frames the one that the run took of its own, the first where it took all. */
export const decodePicture: NonNullable<Implementation['decodePicture']> = ({ bytes, name, options, bounds }) => {
  const frames = options.frames === 'all' ? 'first' : options.frames
  const [frame] = lookAt(bytes, name, { ...options, frames, namedPaths: 'keep' }).frames
  return decodePlace(bytes, { path: name, frame }, { ...options, ...bounds })
}
