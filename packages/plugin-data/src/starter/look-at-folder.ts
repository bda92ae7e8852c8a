import type { StarterRequest } from '@etsef/plugin-api'
import { existsSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import sharp from 'sharp'
import { contradictions, folderRows } from '../folder/folder-rows.js'
import { listFolder, type ListedFile } from '../folder/list-folder.js'
import { parsePlace } from '../folder/picture-place.js'
import { readGroups } from '../folder/read-groups.js'
import { digestOf, scanFiles } from '../folder/scan-files.js'
import { loadPlace } from '../medical/load-place.js'
import { guessPatients } from './guess-patients.js'
import type { FoundClasses } from './find-classes.js'
import type { GuessedColumns } from './guess-columns.js'
import { guessModality, type ModalityGuess } from './guess-modality.js'

/** What stands between images and patients. */
export type Patients =
  | { readonly by: 'file'; readonly file: string; readonly count: number }
  | { readonly by: 'pattern'; readonly pattern: string; readonly count: number }
  | { readonly by: 'nothing' }

/** What is in a folder of images. */
export interface FolderLook extends FoundClasses {
  /** Usable images of each class. */
  readonly counts: ReadonlyMap<string, number>
  /** Paths of files that cannot be used, with the reason. */
  readonly broken: readonly { readonly path: string; readonly reason: string }[]
  /** Paths of equal files in two or more classes, in sets. */
  readonly contradicting: readonly (readonly string[])[]
  /** Files that repeat another of their class. */
  readonly numRepeats: number
  readonly patients: Patients
  /** Columns of the table that names the images; left out for a folder. */
  readonly columns?: GuessedColumns
  readonly modality: ModalityGuess | undefined
  /** Numbers of usable files by the shorter and the longer side in pixels, and by how they are stored. */
  readonly sides: { readonly least: number; readonly median: number; readonly most: number }
  readonly modes: ReadonlyMap<string, number>
}

/** Name of the file that says which images are of one patient. */
const groupsFile = 'groups.csv'

/** Reads every file of a folder once. @throws PipelineError where a groups file contradicts the folder. */
export async function lookAtFolder(
  classes: FoundClasses,
  { signal, onProgress }: Pick<StarterRequest, 'signal' | 'onProgress'>,
): Promise<FolderLook> {
  const { root } = classes
  const listing = listFolder(root, {
    exclude: classes.empty,
    ...(classes.listed && { classes: classes.listed, otherClasses: 'ignore' }),
  })
  const { files, classNames } = listing
  const ctx = { signal, progress: onProgress, log: () => undefined }
  const { sha256, problems } = await scanFiles(files, ctx, (path) => digestOf(root, path))
  const digests = sha256.map((digest, i) => digest ?? `unread ${String(i)}`)
  const contradicting = contradictions(files, digests)
  const isOut = new Set([...sha256.keys()].filter((i) => sha256[i] === undefined).concat(contradicting.flat()))
  const kept = files.flatMap((file, i) => (isOut.has(i) ? [] : [{ file, digest: digests[i]! }]))
  const broken = files.filter((_, i) => sha256[i] === undefined)
  const usable = kept.map(({ file }) => file)
  return {
    ...classes,
    counts: new Map(classNames.map((name, label) => [name, usable.filter((file) => file.label === label).length])),
    broken: broken.map(({ path }, i) => ({ path, reason: problems[i]!.message })),
    contradicting: contradicting.map((twins) => twins.map((i) => files[i]!.path)),
    numRepeats: kept.length - new Set(kept.map(({ digest }) => digest)).size,
    patients: patientsOf(root, { classNames, files, kept }),
    modality: guessModality([basename(root), ...classNames, ...someNames(usable)]),
    ...(await formsOf(root, usable)),
  }
}

interface Kept {
  readonly classNames: readonly string[]
  readonly files: readonly ListedFile[]
  readonly kept: readonly { readonly file: ListedFile; readonly digest: string }[]
}

function patientsOf(root: string, { classNames, files, kept }: Kept): Patients {
  const usable = kept.map(({ file }) => file)
  if (existsSync(join(root, groupsFile))) {
    const rows = folderRows(
      { classNames, files: usable, partitions: ['none'] },
      kept.map(({ digest }) => digest),
      {
        groups: readGroups(readFileSync(join(root, groupsFile), 'utf8'), groupsFile),
        groupsName: groupsFile,
        leftOut: files.map(({ path }) => path),
      },
    )
    return { by: 'file', file: groupsFile, count: new Set(rows.groups).size }
  }
  const guess = guessPatients(usable.map(({ path }) => path))
  return guess ? { by: 'pattern', ...guess } : { by: 'nothing' }
}

/** Names of some files, which tell the modality as well as all do. */
export function someNames(files: readonly Pick<ListedFile, 'path'>[]): readonly string[] {
  return files.slice(0, 50).map(({ path }) => path)
}

/** How files are stored, and how large their pictures are. */
export async function formsOf(
  root: string,
  files: readonly Pick<ListedFile, 'path'>[],
): Promise<Pick<FolderLook, 'sides' | 'modes'>> {
  const modes = new Map<string, number>()
  const sides: number[] = []
  for (const { path } of files) {
    const { side, mode } = await formOf(root, path)
    sides.push(side)
    modes.set(mode, (modes.get(mode) ?? 0) + 1)
  }
  sides.sort((a, b) => a - b)
  return {
    modes,
    sides: { least: sides[0] ?? 0, median: sides[sides.length >> 1] ?? 0, most: sides.at(-1) ?? 0 },
  }
}

async function formOf(root: string, uri: string): Promise<{ readonly side: number; readonly mode: string }> {
  const place = parsePlace(uri)
  try {
    const { width, height, channels, depth } = await sharp(join(root, place.path)).metadata()
    const side = place.box ? Math.min(place.box.width, place.box.height) : Math.min(width, height)
    return { side, mode: `${channels < 3 ? 'grey' : 'colour'}${depth === 'ushort' ? ', 16 bits' : ''}` }
  } catch {
    // It was decoded before: DICOM or NIfTI.
    const { shape } = await loadPlace(root, { uri }, { window: 'file' })
    return { side: Math.min(shape[0], shape[1]), mode: 'DICOM or NIfTI' }
  }
}
