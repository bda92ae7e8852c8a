import { createHash } from 'node:crypto'
import {
  closeSync,
  lstatSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  writeFileSync,
  type BigIntStats,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { ensureFolder } from '../ensure-folder.js'
import { removeQuietly } from './remove-quietly.js'

/** A file changed less than this before it was hashed may change again within the clock's resolution; it is not remembered. */
const racyMs = 50n

/**
 * Digests of files seen before, by path, size, times and inode: a hint that saves reading them again, never the identity.
 */
export interface StatCache {
  /** sha256 of a file, from the cache when nothing about the file changed. */
  digest(path: string, stats?: BigIntStats): string
  /** Keeps what was learnt, for the next run. */
  save(): void
  /** Files read, not remembered. */
  readonly numRead: number
  /** What was asked for, by path: {@link fileIdentity} at that time, a space, the digest. */
  readonly asked: ReadonlyMap<string, string>
}

/**
 * Opens the cache for one family of files.
 *
 * @param file - Where it is kept.
 * @param isParanoid - Every file is read; nothing remembered is used.
 */
export function openStatCache(file: string, isParanoid = false): StatCache {
  const known = isParanoid ? new Map<string, string>() : readEntries(file)
  const used = new Map<string, string>()
  const racy = new Set<string>()
  let isChanged = isParanoid
  let numRead = 0
  return {
    get numRead() {
      return numRead
    },
    asked: used,
    digest(path, stats = lstatSync(path, { bigint: true })) {
      const identity = fileIdentity(stats)
      const remembered = known.get(path)
      if (remembered?.startsWith(`${identity} `)) {
        used.set(path, remembered)
        return remembered.slice(identity.length + 1)
      }
      const now = BigInt(Date.now())
      const digest = hashFile(path)
      numRead++
      isChanged = true
      const changedMs = (stats.ctimeNs > stats.mtimeNs ? stats.ctimeNs : stats.mtimeNs) / 1_000_000n
      used.set(path, `${identity} ${digest}`)
      if (changedMs + racyMs >= now) racy.add(path)
      return digest
    },
    save() {
      if (!isChanged && used.size === known.size) return
      const temporary = `${file}.${String(process.pid)}`
      try {
        ensureFolder(dirname(file))
        writeFileSync(
          temporary,
          [...used].map(([path, entry]) => (racy.has(path) ? '' : `${entry} ${path}\n`)).join(''),
        )
        renameSync(temporary, file)
      } catch {
        // A full or read-only disk: the files are read again next time.
        removeQuietly(temporary)
      }
    },
  }
}

/** Changes whenever a file is written, replaced, or given other times: none of these can be done without a new `ctime`. */
export function fileIdentity(stats: BigIntStats): string {
  return `${String(stats.size)} ${String(stats.mtimeNs)} ${String(stats.ctimeNs)} ${String(stats.ino)}`
}

/** Lines of `size mtime ctime inode digest path`; a damaged file counts as empty. */
function readEntries(file: string): Map<string, string> {
  const entries = new Map<string, string>()
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    return entries
  }
  for (const line of text.split('\n')) {
    const match = /^(\d+ \d+ \d+ \d+ [0-9a-f]{64}) (.+)$/.exec(line)
    if (match) entries.set(match[2]!, match[1]!)
  }
  return entries
}

const chunkBytes = 1 << 18

/** One for all files: hashing is synchronous, and a fresh buffer for each small file costs more than hashing it. */
const chunk = Buffer.allocUnsafeSlow(chunkBytes)

/** sha256 of a file's bytes, read in pieces. */
export function hashFile(path: string): string {
  const hash = createHash('sha256')
  const descriptor = openSync(path, 'r')
  try {
    let read: number
    do {
      read = readSync(descriptor, chunk)
      hash.update(chunk.subarray(0, read))
      // A regular file gives less than was asked for at its end only.
    } while (read === chunkBytes)
  } finally {
    closeSync(descriptor)
  }
  return hash.digest('hex')
}

/** Name of the cache file for a root path, inside the store. */
export function statCacheFile(storeDir: string, root: string): string {
  return join(storeDir, 'stat-cache', createHash('sha256').update(root).digest('hex').slice(0, 24))
}
