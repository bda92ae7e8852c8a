import { lstatSync, readdirSync, realpathSync, statSync, type Dirent } from 'node:fs'
import { join, sep } from 'node:path'
import { isLitter } from '../store/litter.js'

/** Which files of a package count as its code. */
export interface FileRule {
  /** Folder inside the package in which everything counts, as `/`-separated path: that of the entry. */
  readonly entryFolder: string
  /** What outside it is published: what is not, code cannot rely on. */
  readonly published: Published
  /** TypeScript is source of something built, unless it is what runs. */
  readonly runsTypeScript: boolean
}

/** What a walk of a package finds. */
export interface Walked {
  /** Folders that were listed, absolute. */
  readonly dirs: readonly string[]
  /** Files that count, `/`-separated inside the package, in the order of their names. */
  readonly files: readonly string[]
}

const neverCode = /(\.d\.[cm]?ts|\.map|\.tsbuildinfo|\.(test|spec|test-d)\.[cm]?[jt]sx?)$/
const typeScript = /\.[cm]?tsx?$/
const documents = /(\.md|\.markdown)$|^(licen[cs]e|notice|authors|contributors|changelog|history|readme)(\.|$)/i
const settings = /^(tsconfig.*\.json|package-lock\.json|npm-shrinkwrap\.json|.*\.config\.[cm]?[jt]s|package\.json)$/
const notOurs = new Set(['node_modules', 'out-tsc', 'coverage'])

/**
 * Files of a package that its code is made of, or may read beside it: whatever their names end in, links followed. Documents, types,
 * tests, maps and hidden files are passed over; `package.json` is left to the caller.
 */
export function packageFiles(dir: string, rule: FileRule): Walked {
  const dirs: string[] = []
  const files: string[] = []
  const walk = (inside: string, trail: readonly string[]): void => {
    const here = join(dir, inside)
    let entries: Dirent[]
    try {
      entries = readdirSync(here, { withFileTypes: true })
    } catch {
      return
    }
    dirs.push(here)
    for (const entry of entries) {
      const { name } = entry
      if (name.startsWith('.') || isLitter(name)) continue
      const path = inside === '' ? name : `${inside}/${name}`
      const kind = kindOf(entry, join(here, name))
      if (kind === 'folder') {
        if (notOurs.has(name) || !mayHold(path, rule)) continue
        // A link to a folder above it would never end.
        const real = entry.isSymbolicLink() ? realpathSync(join(here, name)) : undefined
        if (real !== undefined && (trail.includes(real) || `${here}${sep}`.startsWith(`${real}${sep}`))) continue
        walk(path, real === undefined ? trail : [...trail, real])
      } else if (kind === 'file' && counts(path, name, rule)) files.push(path)
    }
  }
  walk('', [])
  return { dirs, files: files.sort() }
}

function kindOf(entry: Dirent, path: string): 'file' | 'folder' | undefined {
  if (entry.isDirectory()) return 'folder'
  if (entry.isFile()) return 'file'
  if (!entry.isSymbolicLink()) return undefined
  const target = statSync(path, { throwIfNoEntry: false })
  return target?.isDirectory() ? 'folder' : target?.isFile() ? 'file' : undefined
}

function isIn(path: string, folder: string): boolean {
  return folder === '' || path === folder || path.startsWith(`${folder}/`)
}

/** Whether a folder can hold something that counts. */
function mayHold(path: string, { entryFolder, published }: FileRule): boolean {
  if (published.paths === undefined || isIn(path, entryFolder) || isIn(entryFolder, path)) return true
  return published.paths.some((each) => isIn(path, each) || isIn(each, path))
}

/** What `files` of a package.json publishes. */
export interface Published {
  /** Folders and files; `undefined`: all. */
  readonly paths: readonly string[] | undefined
  /** Patterns of what is left out all the same. */
  readonly except: readonly string[]
}

function counts(path: string, name: string, rule: FileRule): boolean {
  if (neverCode.test(name) || (typeScript.test(name) && !rule.runsTypeScript)) return false
  // Words about the package lie at its top.
  if (path === name && (documents.test(name) || settings.test(name))) return false
  if (isIn(path, rule.entryFolder)) return true
  const { paths, except } = rule.published
  const isPublished = paths === undefined || paths.some((each) => isIn(path, each))
  return isPublished && !except.some((pattern) => matchesGlob(path, pattern))
}

function matchesGlob(path: string, pattern: string): boolean {
  const source = pattern
    .replace(/[.+^$()|[\]{}\\]/g, '\\$&')
    .replace(/\*\*\/|\*\*|\*|\?/g, (wild) => ({ '**/': '(.*/)?', '**': '.*', '*': '[^/]*' })[wild] ?? '[^/]')
  return new RegExp(`^${source}(/|$)`).test(path)
}

/** What `files` of a package.json says. */
export function publishedBy(files: unknown): Published {
  if (!Array.isArray(files)) return { paths: undefined, except: [] }
  const patterns = files.filter((each) => typeof each === 'string').map((each) => each.replace(/^(!?)\.?\//, '$1'))
  const paths = patterns
    .filter((each) => !each.startsWith('!'))
    .map((each) => {
      const parts = each.split('/').filter((part) => part !== '')
      const wild = parts.findIndex((part) => /[*?[{]/.test(part))
      return parts.slice(0, wild < 0 ? undefined : wild).join('/')
    })
  const except = patterns.filter((each) => each.startsWith('!')).map((each) => each.slice(1))
  return { paths: paths.includes('') ? undefined : paths, except }
}

/** Whether two looks at a file, or folder, saw the same one unchanged. */
export type Identity = readonly [size: number, mtimeMs: number, ctimeMs: number, ino: number]

/** What tells a file's state without reading it; `undefined` when there is none. Links are followed. */
export function identityOf(path: string): Identity | undefined {
  const stats = statSync(path, { throwIfNoEntry: false })
  return stats?.isFile() ? [stats.size, stats.mtimeMs, stats.ctimeMs, stats.ino] : undefined
}

/** Times of a folder change when a name is added or taken away. */
export function folderIdentity(path: string): Identity | undefined {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  return stats ? [0, stats.mtimeMs, stats.ctimeMs, stats.ino] : undefined
}

/** Whether nothing about a file, or folder, is known to have changed. */
export function isSame(a: Identity | undefined, b: Identity | undefined): boolean {
  return a !== undefined && b !== undefined && a[0] === b[0] && a[1] === b[1] && a[2] === b[2] && a[3] === b[3]
}
