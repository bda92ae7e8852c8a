import { canonicalJson } from '@etsef/plugin-api'
import { createHash } from 'node:crypto'
import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { ensureFolder } from '../ensure-folder.js'
import { hashFile } from '../store/stat-cache.js'
import { readPackageJson, type PackageJson } from './find-project.js'
import {
  folderIdentity,
  identityOf,
  isSame,
  packageFiles,
  publishedBy,
  type FileRule,
  type Identity,
  type Walked,
} from './package-files.js'

/** A file by its absolute path, as it was when it was read. */
export type SeenFile = readonly [path: string, identity: Identity, sha256: string]

/** The code of one package. */
export interface PackageCode {
  readonly digest: string
  /** sha256 by path inside the package; a file elsewhere that its code names has a path that starts with `..`. */
  readonly files: ReadonlyMap<string, string>
  /** Every file by its absolute path, as it was when it was read. */
  readonly seen: readonly SeenFile[]
}

/** How a package is looked at. */
export interface PackageLook {
  readonly dir: string
  /** Folder in which everything counts; see {@link FileRule}. */
  readonly entryFolder: string
  readonly runsTypeScript?: boolean
  /** Installed packages are taken as they came: their code is not searched for files elsewhere that it names. */
  readonly isInstalled: boolean
  /** Files inside the package that change no result. */
  readonly except?: RegExp | undefined
}

/** A file as it was, its sha256, and what its text names beyond the files that count. */
type Kept = readonly [path: string, ...Identity, sha256: string, named: readonly string[]]

/** What is remembered of a package: a hint that saves reading it again, never the identity. */
interface Remembered {
  readonly dirs: readonly (readonly [path: string, ...Identity])[]
  readonly files: readonly Kept[]
}

/** What is remembered of packages. */
export interface PackageMemory {
  /** The code of a package as it is now. */
  look(look: PackageLook): PackageCode
  /** Keeps what was learnt, for the next time. */
  save(): void
}

/** A file changed less than this before it was read may change again within the clock's resolution; it is not remembered. */
const racyMs = 50

/** Raised when what is remembered, or the rules for it, change. */
const format = 1

/**
 * Opens what is remembered of packages.
 *
 * @param file - Where it is kept.
 * @param isParanoid - Nothing remembered is used.
 */
export function openPackageMemory(file: string, isParanoid = false): PackageMemory {
  const known = isParanoid ? new Map<string, Remembered>() : readMemory(file)
  let isChanged = false
  return {
    look(look) {
      const { dir, isInstalled, except } = look
      const manifest = readPackageJson(dir)
      const rule: FileRule = {
        entryFolder: look.entryFolder,
        published: publishedBy(manifest.files),
        runsTypeScript: look.runsTypeScript ?? false,
      }
      const id = `${dir} ${canonicalJson([rule.entryFolder, rule.published.paths ?? null, rule.published.except, rule.runsTypeScript, isInstalled])}`
      const before = known.get(id)
      const now = remember(dir, rule, before, !isInstalled)
      if (now !== before) {
        known.set(id, now)
        isChanged = true
      }
      return codeOf(dir, manifest, now, except)
    },
    save() {
      if (!isChanged) return
      try {
        ensureFolder(dirname(file))
        const temporary = `${file}.${String(process.pid)}`
        writeFileSync(temporary, JSON.stringify({ format, packages: Object.fromEntries(known) }))
        renameSync(temporary, file)
      } catch {
        // Packages that another user installed may lie where nothing can be written; then they are read again.
      }
    },
  }
}

function readMemory(file: string): Map<string, Remembered> {
  try {
    const read = JSON.parse(readFileSync(file, 'utf8')) as { format?: number; packages?: Record<string, Remembered> }
    return new Map(read.format === format ? Object.entries(read.packages ?? {}) : [])
  } catch {
    return new Map()
  }
}

function remember(dir: string, rule: FileRule, before: Remembered | undefined, isSearched: boolean): Remembered {
  const old = new Map((before?.files ?? []).map((kept) => [kept[0], kept]))
  const hasSameNames =
    before?.dirs.every(([path, ...identity]) => isSame(identity, folderIdentity(path))) === true &&
    before.dirs.length > 0
  if (hasSameNames && before.files.every((kept) => isAsKept(kept, join(dir, kept[0]))) && !findsMore(dir, before))
    return before
  const startedMs = Date.now()
  const walked = packageFiles(dir, rule)
  const files = new Map<string, Kept>()
  const inside = new Set(walked.files)
  const dirs = new Set(walked.dirs)
  const open = [...walked.files]
  for (let path = open.shift(); path !== undefined; path = open.shift()) {
    if (files.has(path)) continue
    const full = resolve(dir, path)
    const identity = identityOf(full)
    if (!identity) continue
    const kept = old.get(path)
    const now: Kept =
      kept && isAsKept(kept, full)
        ? kept
        : [path, ...settled(identity, startedMs), hashFile(full), isSearched ? namedFiles(dir, full, inside) : []]
    files.set(path, now)
    for (const named of now[6]) {
      const more = expand(dir, named, rule)
      open.push(...more.files)
      for (const folder of more.dirs) dirs.add(folder)
    }
  }
  return {
    dirs: [...dirs].map((path) => [path, ...settled(folderIdentity(path) ?? [0, 0, 0, 0], startedMs)]),
    files: [...files.values()],
  }
}

function isAsKept([, size, mtimeMs, ctimeMs, ino]: Kept, full: string): boolean {
  return isSame([size, mtimeMs, ctimeMs, ino], identityOf(full))
}

/** Something that the code names and that was not there has come. */
function findsMore(dir: string, { files }: Remembered): boolean {
  const known = new Set(files.map(([path]) => path))
  return files.some((kept) =>
    kept[6].some((named) => statSync(resolve(dir, named), { throwIfNoEntry: false })?.isFile() && !known.has(named)),
  )
}

/** The identity; one that nothing is equal to when the file was changed too shortly before. */
function settled(identity: Identity, nowMs: number): Identity {
  const [size, mtimeMs, ctimeMs, ino] = identity
  return Math.max(mtimeMs, ctimeMs) + racyMs < nowMs ? identity : [size, -1, ctimeMs, ino]
}

const code = /\.[cm]?[jt]sx?$/
const literal = /(['"`])(\.\.?\/[^'"`\n\\$]{1,300})\1/g

/**
 * What code names by a relative path and does not lie among the files that count: an imported file of another package's folder, an asset
 * read through `new URL('../../x.bin', import.meta.url)`. Paths relative to the package; whether something is there is asked each time.
 */
function namedFiles(dir: string, file: string, inside: ReadonlySet<string>): readonly string[] {
  if (!code.test(file)) return []
  const named = new Set<string>()
  for (const [, , text] of readFileSync(file, 'utf8').matchAll(literal)) {
    const target = resolve(dirname(file), text!.replace(/[?#].*$/, ''))
    // A folder above the package is where a path starts, not what it names.
    if (`${dir}${sep}`.startsWith(`${target}${sep}`) || target.split(sep).at(-1) === 'node_modules') continue
    const path = relative(dir, target).split(sep).join('/')
    if (!inside.has(path) && path !== 'package.json') named.add(path)
  }
  return [...named].sort()
}

/** The files that a named path stands for: itself, with the ending that `require` adds, or what lies in the folder. */
function expand(dir: string, named: string, rule: FileRule): Walked {
  const target = resolve(dir, named)
  const stats = statSync(target, { throwIfNoEntry: false })
  if (stats?.isFile()) return { dirs: [], files: [named] }
  if (!stats) return { dirs: [], files: ['.js', '.cjs', '.json'].map((ending) => `${named}${ending}`) }
  // Inside the package, what does not count was left out on purpose.
  if (!named.startsWith('..')) return { dirs: [], files: [] }
  const { dirs, files } = packageFiles(target, { ...rule, entryFolder: '', published: publishedBy(undefined) })
  return { dirs, files: files.map((path) => `${named}/${path}`) }
}

function codeOf(dir: string, manifest: PackageJson, { files }: Remembered, except: RegExp | undefined): PackageCode {
  const digests = new Map<string, string>([
    ['package.json', createHash('sha256').update(loading(manifest)).digest('hex')],
  ])
  const seen: SeenFile[] = []
  for (const [path, size, mtimeMs, ctimeMs, ino, sha256] of files) {
    if (except?.test(path)) continue
    digests.set(path, sha256)
    const full = resolve(dir, path)
    // What was too fresh to be remembered is looked at again, so that a later change is seen.
    const identity = mtimeMs < 0 ? identityOf(full) : ([size, mtimeMs, ctimeMs, ino] as const)
    if (identity) seen.push([full, identity, sha256])
  }
  const hash = createHash('sha256')
  for (const [path, digest] of [...digests].sort(([a], [b]) => (a < b ? -1 : 1)))
    hash.update(`${path}\u0000${digest}\n`)
  return { digest: hash.digest('hex'), files: digests, seen }
}

/** What of a package.json decides which code is loaded, and how. */
function loading({ type, main, exports, imports, etsef }: PackageJson): string {
  return canonicalJson({ type, main, exports, imports, etsef })
}
