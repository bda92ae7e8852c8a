import { existsSync, lstatSync, readdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { namesIn } from './names-in.js'
import { removeQuietly } from './remove-quietly.js'
import { storeFolders, type Store } from './store.js'
import { temporaryName } from './temporary-name.js'

/** What to keep. */
export interface GcOptions {
  /** Keys that recent runs used; kept whatever their size. */
  readonly keep: ReadonlySet<string>
  /** Whether a run that goes on needs a key; asked again at the last moment, for runs begin at any time. */
  readonly isInUse: (key: string) => boolean
  /** When given, further artifacts are kept too, most recently used first, up to this many bytes in all. */
  readonly maxBytes?: number | undefined
  readonly isDryRun?: boolean
}

/** What was, or would be, removed. */
export interface GcResult {
  readonly numKept: number
  readonly bytesKept: number
  readonly removed: readonly string[]
  readonly bytesRemoved: number
}

/** Bytes below a folder or of a file. */
export function bytesBelow(path: string): number {
  let stats
  try {
    stats = lstatSync(path)
  } catch {
    return 0
  }
  if (!stats.isDirectory()) return stats.size
  return readdirSync(path).reduce((total, name) => total + bytesBelow(join(path, name)), 0)
}

/**
 * Removes artifacts that no kept run used, with the decoded pictures of sources among them, and what was set aside as damaged. What a run that
 * goes on needs is kept.
 */
export function collectGarbage(store: Store, options: GcOptions): GcResult {
  const artifacts = store
    .keys()
    .map((key) => ({ key, bytes: bytesBelow(store.path(key)), usedAt: usedAt(store.path(key)) }))
  const isKept = (key: string): boolean => options.keep.has(key) || options.isInUse(key)
  const needed = artifacts.filter(({ key }) => isKept(key))
  let bytesKept = needed.reduce((total, artifact) => total + artifact.bytes, 0)
  const removed: string[] = []
  let bytesRemoved = 0
  let numKept = needed.length
  const others = artifacts.filter((artifact) => !needed.includes(artifact)).sort((a, b) => b.usedAt - a.usedAt)
  for (const artifact of others) {
    if (options.maxBytes !== undefined && bytesKept + artifact.bytes <= options.maxBytes) {
      bytesKept += artifact.bytes
      numKept++
      continue
    }
    if (!options.isDryRun && !remove(store, artifact.key, options.isInUse)) {
      bytesKept += artifact.bytes
      numKept++
      continue
    }
    removed.push(artifact.key)
    bytesRemoved += artifact.bytes
  }
  for (const path of [...picturesOf(store, new Set(removed)), ...setAside(store)]) {
    bytesRemoved += bytesBelow(path)
    if (!options.isDryRun) removeQuietly(path)
  }
  return { numKept, bytesKept, removed, bytesRemoved }
}

/**
 * Takes an artifact out of sight, whole, and removes it there; back it goes when a run that needs it has begun meanwhile.
 *
 * @returns False when it stays, also because it is another user's.
 */
function remove(store: Store, key: string, isInUse: (key: string) => boolean): boolean {
  const hidden = join(store.dir, storeFolders.temporary, temporaryName())
  try {
    renameSync(store.path(key), hidden)
  } catch {
    return false
  }
  if (isInUse(key)) {
    try {
      renameSync(hidden, store.path(key))
      return false
    } catch {
      // The run that needs it has already made it again, so there is nothing to put back.
    }
  }
  removeQuietly(hidden)
  return true
}

/** Decoded pictures whose source is gone, or goes. */
function picturesOf(store: Store, removed: ReadonlySet<string>): string[] {
  const pictures = join(store.dir, storeFolders.pictures)
  return namesIn(pictures)
    .filter((key) => removed.has(key) || !existsSync(store.path(key)))
    .map((key) => join(pictures, key))
}

/** What was set aside as damaged. */
function setAside(store: Store): string[] {
  const corrupt = join(store.dir, storeFolders.corrupt)
  const artifacts = join(store.dir, storeFolders.artifacts)
  return [
    ...readdirSync(corrupt).map((name) => join(corrupt, name)),
    ...readdirSync(artifacts).flatMap((name) => (name.startsWith('.') ? [join(artifacts, name)] : [])),
  ]
}

function usedAt(path: string): number {
  try {
    return lstatSync(path).mtimeMs
  } catch {
    return 0
  }
}
