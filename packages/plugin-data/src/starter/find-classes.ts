import { PipelineError } from '@etsef/plugin-api'
import { basename, join } from 'node:path'
import { areWrapped, compareCodePoints, listNames, subfolders, surveyFolder } from '../folder/list-folder.js'

/** Where the class folders are, and which of them count. */
export interface FoundClasses {
  /** Absolute path of the folder that holds them: the one given, or one further down. */
  readonly root: string
  /** Names of class folders without images. */
  readonly empty: readonly string[]
  /** The class list, where it has to be written down because class folders hold their images in folders of their own. */
  readonly listed: readonly string[] | undefined
  /** What was decided without being asked. */
  readonly notes: readonly string[]
}

/**
 * The class folders of a data set, also where its path is given one level too high, or pictures lie one level too deep.
 *
 * @throws PipelineError `ERR_CLASS_LIST` where there are none, or where it cannot be seen which folders are the classes.
 */
export function findClasses(path: string, above: readonly string[] = []): FoundClasses {
  const { realRoot, bases, found } = surveyFolder(path)
  const names = [...found.keys()].sort(compareCodePoints)
  const full = names.filter((name) => found.get(name)!.length > 0)
  const empty = names.filter((name) => !full.includes(name))
  const notes = [...above]
  if (full.length === 0) throw noClasses(path, names)
  const foldersOf = (name: string): string[] =>
    bases.map(({ directory }) => join(directory, name).replaceAll('\\', '/'))
  const isNested = (name: string): boolean =>
    !found.get(name)!.some((file) => foldersOf(name).includes(file.path.slice(0, file.path.lastIndexOf('/'))))
  const nested = full.filter(isNested)
  const only = full[0]!
  if (full.length === 1) {
    if (nested.length === 0) throw oneClass(path, only)
    return findClasses(join(path, only), [...notes, `the classes are one level down, in ${only}/`])
  }
  if (empty.length > 0) notes.push(`class folders without images, left out: ${listNames(empty)}`)
  if (nested.length === 0) return { root: path, empty, listed: undefined, notes }
  const inner = nested.map((name) => foldersOf(name).flatMap((folder) => inside(realRoot, folder)))
  const isWrapped = areWrapped(inner)
  if (nested.length === full.length && !isWrapped) throw ambiguous(path, nested, inner)
  notes.push(
    `pictures of ${listNames(nested)} lie one level deeper; the folders ${listNames(full)} are taken for the classes`,
  )
  return { root: path, empty, listed: full, notes }
}

function inside(realRoot: string, folder: string): string[] {
  try {
    return subfolders(realRoot, folder)
  } catch {
    // A class need not be in every partition.
    return []
  }
}

function noClasses(path: string, names: readonly string[]): PipelineError {
  return new PipelineError('ERR_CLASS_LIST', {
    message: names.length === 0 ? `${path} holds no class folders` : `No folder of ${path} holds images`,
    expected: 'one sub-folder per class, with its images in it',
    received: names.length === 0 ? 'no sub-folders' : `${listNames(names)}, without images`,
    hint: 'sort the images into a folder per class: FOLDER/benign/1.png, FOLDER/malignant/2.png',
  })
}

function oneClass(path: string, name: string): PipelineError {
  return new PipelineError('ERR_CLASS_LIST', {
    message: `Only one folder of ${path} holds images: ${name}`,
    expected: 'at least two classes, a folder each',
    hint: `give the folder above it if ${basename(path)}/ is a class itself`,
  })
}

function ambiguous(path: string, names: readonly string[], inner: readonly (readonly string[])[]): PipelineError {
  return new PipelineError('ERR_CLASS_LIST', {
    message: `Every folder of ${path} holds only folders: it seems to hold data sets, not classes`,
    expected: 'one sub-folder per class, with its images in it',
    received: names.map((name, i) => `${name}/ with ${listNames(inner[i]!, 3)}`).join('; '),
    hint: `name one of them: etsef init ${join(path, names[0]!)}. If its folders are patients, move the images up into the class folders and name the patients in a groups.csv`,
  })
}
