import { createHash } from 'node:crypto'
import { lstatSync, readdirSync, realpathSync, statSync, type BigIntStats } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { problem } from '../errors.js'
import { leadsOut, linkToFolder, notAFile, nothingAt, unreadableFile } from './content-problems.js'
import { isLitter } from './litter.js'
import { fileIdentity, openStatCache, statCacheFile, type StatCache } from './stat-cache.js'

/** What is known of declared content. */
export interface ContentDigest {
  /** sha256 over relative paths and digests of files, in the order of the paths; of one file: of its bytes. */
  readonly digest: string
  readonly numFiles: number
  readonly bytes: number
  /** Files that were read, not remembered. */
  readonly numRead: number
  /** As it was given. */
  readonly path: string
  readonly named: readonly string[]
  /** Every file that was digested, by its path, with what it was then: see {@link StatCache.asked}. */
  readonly asked: ReadonlyMap<string, string>
}

/**
 * Identity of a file or folder by its bytes and relative names; where it lies, its times, and what file managers and editors leave
 * behind in it do not matter.
 *
 * @param path - Absolute.
 * @param options - `storeDir` keeps the stat cache; `isParanoid` reads every file; `named` are files that the file at the path names, relative to
 *   its folder: they belong to its identity, there or not.
 * @throws PipelineError `ERR_MISSING_FILE` when there is nothing at the path, `ERR_OUTSIDE_ROOT` when a link leads out of the folder.
 */
export function contentDigest(
  path: string,
  options: { readonly storeDir: string; readonly isParanoid?: boolean; readonly named?: readonly string[] },
): ContentDigest {
  let root: string
  try {
    root = realpathSync(path)
  } catch (cause) {
    throw nothingAt(path, cause)
  }
  const cache = readableOnly(openStatCache(statCacheFile(options.storeDir, root), options.isParanoid), path)
  const stats = statSync(root, { bigint: true })
  const before = cache.numRead
  if (!stats.isDirectory() && !stats.isFile()) throw notAFile(path)
  const { named = [] } = options
  if (!stats.isDirectory()) {
    const own = cache.digest(root, stats)
    let [numFiles, bytes] = [1, Number(stats.size)]
    const lines: string[] = []
    visitNamed(realpathSync(dirname(path)), named, (name, file, fileStats) => {
      if (!fileStats) {
        lines.push(`${name}\u0000missing`)
        return
      }
      numFiles++
      bytes += Number(fileStats.size)
      lines.push(`${name}\u0000${cache.digest(file, fileStats)}`)
    })
    cache.save()
    const digest = lines.length === 0 ? own : sha256([own, ...lines])
    return { digest, numFiles, bytes, numRead: cache.numRead - before, path, named, asked: cache.asked }
  }
  const files: { readonly name: string; readonly digest: string }[] = []
  let bytes = 0
  walk(root, root, (file, fileStats) => {
    bytes += Number(fileStats.size)
    files.push({ name: nameIn(root, file), digest: cache.digest(file, fileStats) })
  })
  cache.save()
  const lines = files.sort((a, b) => (a.name < b.name ? -1 : 1)).map(({ name, digest }) => `${name}\u0000${digest}`)
  return {
    digest: sha256(lines),
    numFiles: files.length,
    bytes,
    numRead: cache.numRead - before,
    path,
    named,
    asked: cache.asked,
  }
}

/**
 * The first file that is not as it was when it was digested, by its name in the folder; `undefined` when there is none. One that was
 * changed back counts: whoever read it meanwhile has read something else.
 */
export function changedFile({
  path,
  named,
  asked,
}: Pick<ContentDigest, 'path' | 'named' | 'asked'>): string | undefined {
  const missing = new Set(asked.keys())
  const changed: string[] = []
  let root = path
  const visit = (file: string, stats: BigIntStats): void => {
    missing.delete(file)
    if (asked.get(file)?.startsWith(`${fileIdentity(stats)} `) !== true) changed.push(file)
  }
  try {
    root = realpathSync(path)
    const stats = statSync(root, { bigint: true })
    if (stats.isDirectory()) walk(root, root, visit)
    else {
      visit(root, stats)
      visitNamed(realpathSync(dirname(path)), named, (_name, file, fileStats) => {
        if (fileStats) visit(file, fileStats)
      })
    }
  } catch {
    // The folder itself is gone, or a link in it leads nowhere or out: what is left over, or the whole, is what changed.
    changed.push([...missing][0] ?? root)
  }
  const first = [...changed, ...missing][0]
  if (first === undefined || first === root) return first && ''
  return nameIn(first.startsWith(root + sep) ? root : dirname(root), first)
}

/** The cache, with errors that name the file and say what is wrong with it. */
function readableOnly(cache: StatCache, path: string): StatCache {
  return {
    get numRead() {
      return cache.numRead
    },
    asked: cache.asked,
    digest(file, stats) {
      try {
        return cache.digest(file, stats)
      } catch (cause) {
        const { code } = cause as NodeJS.ErrnoException
        throw unreadableFile(relative(dirname(path), file), code, cause)
      }
    },
    save: () => {
      cache.save()
    },
  }
}

/** The name of a file in the folder. Of ten thousand files each is asked for: what both paths share is cut off where that is possible. */
function nameIn(root: string, file: string): string {
  const name = file.startsWith(root + sep) ? file.slice(root.length + 1) : relative(root, file)
  return sep === '/' ? name : name.split(sep).join('/')
}

/** Files that another names, sorted; one that is not there is visited without stats. */
function visitNamed(
  folder: string,
  names: readonly string[],
  visit: (name: string, file: string, stats: BigIntStats | undefined) => void,
): void {
  for (const name of [...new Set(names)].sort()) {
    const path = join(folder, name)
    if (relative(folder, path).split(sep)[0] === '..') throw leadsOut(`"${name}"`)
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) {
      visit(name, path, undefined)
      continue
    }
    const target = resolveLink(folder, path)
    const stats = statSync(target, { bigint: true })
    if (!stats.isFile()) throw problem('ERR_MISSING_FILE', { message: `"${name}" is no regular file` })
    visit(name, target, stats)
  }
}

function sha256(lines: readonly string[]): string {
  const hash = createHash('sha256')
  for (const line of lines) hash.update(`${line}\n`)
  return hash.digest('hex')
}

function walk(root: string, dir: string, visit: (file: string, stats: BigIntStats) => void): void {
  for (const name of readdirSync(dir)) {
    if (isLitter(name)) continue
    const path = join(dir, name)
    let stats = lstatSync(path, { bigint: true })
    if (stats.isSymbolicLink()) {
      const target = resolveLink(root, path)
      stats = statSync(target, { bigint: true })
      if (stats.isDirectory()) throw linkToFolder(relative(root, path))
    }
    if (stats.isDirectory()) walk(root, path, visit)
    else if (stats.isFile()) visit(path, stats)
    else throw notAFile(relative(root, path))
  }
}

function resolveLink(root: string, path: string): string {
  let target: string
  try {
    target = realpathSync(path)
  } catch (cause) {
    throw problem('ERR_MISSING_FILE', { message: `Link "${relative(root, path)}" leads nowhere`, cause })
  }
  if (target === root || target.startsWith(root + sep)) return target
  throw leadsOut(`Link "${relative(root, path)}"`)
}
