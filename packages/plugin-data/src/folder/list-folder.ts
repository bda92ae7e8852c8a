import { existsSync, lstatSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { join, sep } from 'node:path'
import { PipelineError, type Partition } from '@etsef/plugin-api'
import { nearestName } from '@etsef/plugin-api/semantics'
import { groupKey } from './group-key.js'

/** Extensions that are taken for images, lower case with the dot. */
export const imageExtensions: readonly string[] = ['.jpg', '.jpeg', '.png', '.webp', '.tif', '.tiff', '.gif']

/** What {@link listFolder} looks for. */
export interface ListFolderOptions {
  /** The class list, in order. Left out: the class folders sorted by code point. */
  readonly classes?: readonly string[]
  /** What happens to class folders that `classes` does not name. */
  readonly otherClasses?: 'refuse' | 'ignore'
  /** Extensions taken for images, compared in lower case. */
  readonly extensions?: readonly string[]
  /** Files and folders that are left out, relative to the root; a class folder among them is no class. */
  readonly exclude?: readonly string[]
}

/** One image file below the root. */
export interface ListedFile {
  /** Path relative to the root, `/` between parts: the row's id and uri. */
  readonly path: string
  /** Index into the class list. */
  readonly label: number
  /** Partition that the directory layout names; `none` in a plain layout. */
  readonly partition: Partition
}

/** What a folder of images holds. */
export interface FolderListing {
  readonly classNames: readonly string[]
  /** In class order, then by code point of the path. */
  readonly files: readonly ListedFile[]
  /** Partitions that the directories name; `['none']` in a plain layout. */
  readonly partitions: readonly Partition[]
}

const directoryNames: readonly (readonly [Partition, RegExp])[] = [
  ['train', /^train(ing)?([_-]?(directory|dir|set|data))?$/i],
  ['val', /^val(id(ation)?)?([_-]?(directory|dir|set|data))?$/i],
  ['test', /^test(ing)?([_-]?(directory|dir|set|data))?$/i],
]

/**
 * Image files below a folder, with the class that their folder names. Names only: no file is opened.
 *
 * Two layouts are recognised: `<class>/**` and `<train directory>/<class>/**` (with a test or validation directory beside it), also one
 * folder further down (`<data set>/train_directory/<class>/**`). Hidden files and folders and other extensions are passed over. Where `classes` is
 * left out, a class folder whose images are all in sub-folders is refused: it is more likely a data set than a class.
 *
 * @param root - Absolute path of the folder.
 * @throws PipelineError `ERR_MISSING_FILE` (no such folder), `ERR_CLASS_LIST` (no class folder, or not the declared ones),
 *   `ERR_OUTSIDE_ROOT` (a link leaves the folder), `ERR_TOO_FEW_ROWS` (a class without images), `ERR_BAD_DATA` (a pipe or device for an image).
 */
export function listFolder(root: string, options: ListFolderOptions = {}): FolderListing {
  const { realRoot, bases, found } = surveyFolder(root, options)
  const classNames = classList([...found.keys()], options)
  if (!options.classes) refuseSetsAsClasses(found, { root, realRoot, directories: bases.map((base) => base.directory) })
  refuseEmptyClasses(
    classNames.filter((name) => (found.get(name) ?? []).length === 0),
    options,
  )
  const files = classNames.flatMap((name, label) =>
    [...(found.get(name) ?? [])].sort((a, b) => compareCodePoints(a.path, b.path)).map((file) => ({ ...file, label })),
  )
  return { classNames, files, partitions: [...new Set(bases.map((base) => base.partition))] }
}

/** Form in which paths are compared: as {@link groupKey}, without a slash at the end. */
function excludedKey(path: string): string {
  return groupKey(path).replace(/\/+$/, '')
}

/** Whether the path or a folder that it lies in is left out. */
function isExcluded(excluded: ReadonlySet<string>, path: string): boolean {
  if (excluded.size === 0) return false
  const parts = groupKey(path).split('/')
  return parts.some((_, i) => excluded.has(parts.slice(0, i + 1).join('/')))
}

/** A misspelt path would leave in what was to be left out. */
function refuseUnknownExcluded(root: string, exclude: readonly string[]): void {
  const unknown = exclude.filter((path) => !existsSync(join(root, path)))
  if (unknown.length === 0) return
  throw new PipelineError('ERR_MISSING_FILE', {
    message: `exclude names what is not in the folder: ${listNames(unknown)}`,
    option: 'exclude',
    expected: 'paths of files and folders relative to path',
    hint: 'correct or remove these entries',
  })
}

function refuseEmptyClasses(names: readonly string[], { extensions = imageExtensions }: ListFolderOptions): void {
  if (names.length === 0) return
  const shown = names.map((name) => `"${name}"`)
  throw new PipelineError('ERR_TOO_FEW_ROWS', {
    message: shown.length === 1 ? `Class ${shown[0]!} holds no images` : `Classes ${listNames(shown)} hold no images`,
    expected: `files ending in ${extensions.join(', ')}`,
    hint: `leave ${shown.length === 1 ? 'it' : 'them'} out with exclude: [${names.map((name) => JSON.stringify(name)).join(', ')}], or list the extension of its files under extensions`,
  })
}

/** Class folders and the images below them, whether or not they make a data set. */
export interface FolderSurvey {
  /** The root, with links followed. */
  readonly realRoot: string
  /** Folders that hold class folders, relative to the root, with the partition each stands for. */
  readonly bases: readonly { readonly directory: string; readonly partition: Partition }[]
  /** Images by the name of the class folder. */
  readonly found: ReadonlyMap<string, readonly { readonly path: string; readonly partition: Partition }[]>
}

/** What is in a folder that {@link listFolder} would list. @throws PipelineError As it does, but for what is wrong with classes. */
export function surveyFolder(root: string, options: ListFolderOptions = {}): FolderSurvey {
  if (!isDirectory(root)) {
    throw new PipelineError('ERR_MISSING_FILE', {
      message: `There is no folder ${root}`,
      option: 'path',
      hint: 'path names a folder with one sub-folder per class',
    })
  }
  const realRoot = realpathSync(root)
  const bases = findBases(realRoot)
  const excluded = new Set((options.exclude ?? []).map(excludedKey))
  refuseUnknownExcluded(realRoot, options.exclude ?? [])
  const found = new Map<string, { readonly path: string; readonly partition: Partition }[]>()
  for (const { directory, partition } of bases) {
    for (const name of subfolders(realRoot, directory)) {
      const folder = joinPath(directory, name)
      if (isExcluded(excluded, folder)) continue
      const listed = filesBelow(realRoot, folder, options.extensions ?? imageExtensions)
      const files = excluded.size === 0 ? listed : listed.filter((path) => !isExcluded(excluded, path))
      found.set(name, [...(found.get(name) ?? []), ...files.map((path) => ({ path, partition }))])
    }
  }
  return { realRoot, bases, found }
}

/** Classes and their numbers of images, for people. */
export function describeClasses({ classNames, files }: FolderListing): string {
  const counts = new Uint32Array(classNames.length)
  for (const { label } of files) counts[label]!++
  const shown = classNames.map((name, label) => `${name} ${String(counts[label]!)}`).join(', ')
  return `${String(files.length)} images of ${String(classNames.length)} classes: ${shown}`
}

/**
 * A path one level too high makes data sets the classes, which any network tells apart. So a class folder needs an image of its own where the classes
 * are not listed.
 */
function refuseSetsAsClasses(
  found: ReadonlyMap<string, readonly { readonly path: string }[]>,
  { root, realRoot, directories }: { root: string; realRoot: string; directories: readonly string[] },
): void {
  const full = [...found].filter(([, files]) => files.length > 0)
  const nested = full.flatMap(([name, files]) => {
    const folders = directories.map((directory) => joinPath(directory, name))
    const isOwn = ({ path }: { readonly path: string }): boolean =>
      folders.includes(path.slice(0, path.lastIndexOf('/')))
    const inside = folders.find((folder) => isDirectory(join(realRoot, folder)))
    return inside === undefined || files.some(isOwn)
      ? []
      : [{ name, folder: inside, folders: subfolders(realRoot, inside) }]
  })
  const [first] = nested
  if (first === undefined) return
  const inner = nested.map(({ folders }) => folders)
  const areClasses = nested.length < full.length || areWrapped(inner)
  const names = full.map(([name]) => name).sort(compareCodePoints)
  throw new PipelineError('ERR_CLASS_LIST', {
    message: areClasses
      ? `Folder "${first.name}" holds no images of its own, only folders: its images lie one level deeper`
      : `Folder "${first.name}" holds no images of its own, only folders: is path one level too high?`,
    option: 'path',
    expected: 'one sub-folder per class, with its images in it',
    received: `${first.name}/ with ${listNames(first.folders)}`,
    hint: areClasses
      ? `list the classes, then images in folders below theirs count: classes: ${JSON.stringify(names)}`
      : `set path to ${join(root, first.folder)} if those are the classes; list the classes under classes if each holds a folder per patient`,
  })
}

/** Whether folders hold one folder each, of one name: `images/` in every class, which is neither a data set nor a patient. */
export function areWrapped(inner: readonly (readonly string[])[]): boolean {
  return inner.every((folders) => new Set(folders).size === 1 && folders[0] === inner[0]![0])
}

/** The first of many names, for people. */
export function listNames(names: readonly string[], most = 5): string {
  return names.length > most
    ? `${names.slice(0, most).join(', ')} and ${String(names.length - most)} more`
    : names.join(', ')
}

/** Orders strings by code point: the same on every machine and locale. */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const [one, other] = [a.charCodeAt(i), b.charCodeAt(i)]
    if (one === other) continue
    // Halves of a code point above U+FFFF have smaller numbers than the last characters below it.
    return isSurrogate(one) === isSurrogate(other) ? one - other : isSurrogate(one) ? 1 : -1
  }
  return a.length - b.length
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff
}

function classList(
  found: readonly string[],
  { classes, otherClasses = 'refuse' }: ListFolderOptions,
): readonly string[] {
  if (!classes) {
    if (found.length > 0) return [...found].sort(compareCodePoints)
    throw new PipelineError('ERR_CLASS_LIST', {
      message: 'The folder holds no class folders',
      option: 'path',
      expected: 'one sub-folder per class',
    })
  }
  const missing = classes.find((name) => !found.includes(name))
  if (missing !== undefined) {
    const near = nearestName(missing, found)
    throw new PipelineError('ERR_CLASS_LIST', {
      message: `Class "${missing}" has no folder`,
      option: 'classes',
      received: `folders ${[...found].sort(compareCodePoints).join(', ')}`,
      hint:
        near === undefined
          ? 'a class is named as its folder is, upper and lower case alike'
          : `did you mean "${near}"?`,
    })
  }
  const other = found.find((name) => !classes.includes(name))
  if (other !== undefined && otherClasses === 'refuse') {
    throw new PipelineError('ERR_CLASS_LIST', {
      message: `Folder "${other}" is not in the class list`,
      option: 'classes',
      expected: classes.join(', '),
      hint: 'add it to classes, or set otherClasses: ignore',
    })
  }
  return classes
}

/** Folders that hold class folders, with the partition each stands for. */
function findBases(root: string): { readonly directory: string; readonly partition: Partition }[] {
  const partitioned = (directory: string): { directory: string; partition: Partition }[] => {
    const names = subfolders(root, directory)
    const bases = names.flatMap((name) =>
      directoryNames
        .filter(([, pattern]) => pattern.test(name))
        .map(([partition]) => ({ directory: joinPath(directory, name), partition })),
    )
    return bases.length === names.length && bases.some(({ partition }) => partition === 'train') ? bases : []
  }
  const here = partitioned('')
  if (here.length > 0) return here
  const [only, ...more] = subfolders(root, '')
  const below = only !== undefined && more.length === 0 ? partitioned(only) : []
  return below.length > 0 ? below : [{ directory: '', partition: 'none' }]
}

/** Folders in a folder below the root, sorted by code point. */
export function subfolders(root: string, directory: string): string[] {
  return readdirSync(join(root, directory))
    .filter((name) => !name.startsWith('.') && isDirectory(inside(root, joinPath(directory, name))))
    .sort(compareCodePoints)
}

function filesBelow(root: string, directory: string, extensions: readonly string[]): string[] {
  // Kinds come with the names: asking for each of 100,000 files takes longer than all else.
  return readdirSync(join(root, directory), { withFileTypes: true }).flatMap((entry) => {
    const { name } = entry
    if (name.startsWith('.')) return []
    const path = joinPath(directory, name)
    const kind = entry.isSymbolicLink() ? statSync(inside(root, path), { throwIfNoEntry: false }) : entry
    if (kind?.isDirectory()) return filesBelow(root, path, extensions)
    const lower = name.toLowerCase()
    if (!extensions.some((extension) => name.length > extension.length && lower.endsWith(extension))) return []
    // A pipe or a device would be read for ever; a link that leads nowhere is told when it is read.
    if (kind?.isFile() === false) {
      throw new PipelineError('ERR_BAD_DATA', {
        message: `"${path}" is no regular file`,
        option: 'path',
        expected: 'an image file',
        hint: 'remove it from the folder',
      })
    }
    return [path]
  })
}

/** Absolute path of something below the root. @throws PipelineError `ERR_OUTSIDE_ROOT` when a symbolic link leads out. */
function inside(root: string, path: string): string {
  const absolute = join(root, path)
  if (lstatSync(absolute).isSymbolicLink()) {
    const target = targetOf(absolute, path)
    if (target !== root && !target.startsWith(root + sep)) {
      throw new PipelineError('ERR_OUTSIDE_ROOT', {
        message: `${path} is a link that leaves the data folder`,
        option: 'path',
        hint: 'copy the file, or point path at the folder itself',
      })
    }
    // One that leads back up would be listed again and again.
    if (isDirectory(target))
      throw new PipelineError('ERR_OUTSIDE_ROOT', {
        message: `${path} is a link to a folder`,
        option: 'path',
        hint: 'move the folder there, or point path at it',
      })
  }
  return absolute
}

function targetOf(absolute: string, path: string): string {
  try {
    return realpathSync(absolute)
  } catch (cause) {
    throw new PipelineError('ERR_MISSING_FILE', {
      message: `${path} is a link that leads nowhere`,
      option: 'path',
      cause,
    })
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

function joinPath(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('/')
}
