import { lstatSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { storeFolders, type Store } from './store.js'

/** What to keep. */
export interface GcOptions {
  /** Keys that recent runs used; kept whatever their size. */
  readonly keep: ReadonlySet<string>
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

/** Removes artifacts that no kept run used, and what was set aside as damaged. Safe beside running pipelines: they make again what they miss. */
export function collectGarbage(store: Store, options: GcOptions): GcResult {
  const artifacts = store
    .keys()
    .map((key) => ({ key, bytes: bytesBelow(store.path(key)), usedAt: usedAt(store.path(key)) }))
  const needed = artifacts.filter(({ key }) => options.keep.has(key))
  let bytesKept = needed.reduce((total, artifact) => total + artifact.bytes, 0)
  const removed: string[] = []
  let bytesRemoved = 0
  let numKept = needed.length
  for (const artifact of artifacts.filter(({ key }) => !options.keep.has(key)).sort((a, b) => b.usedAt - a.usedAt)) {
    if (options.maxBytes !== undefined && bytesKept + artifact.bytes <= options.maxBytes) {
      bytesKept += artifact.bytes
      numKept++
      continue
    }
    removed.push(artifact.key)
    bytesRemoved += artifact.bytes
    if (!options.isDryRun) remove(store, artifact.key)
  }
  const corrupt = join(store.dir, storeFolders.corrupt)
  bytesRemoved += bytesBelow(corrupt)
  if (!options.isDryRun)
    for (const name of readdirSync(corrupt)) rmSync(join(corrupt, name), { recursive: true, force: true })
  return { numKept, bytesKept, removed, bytesRemoved }
}

/** The manifest goes first: a half removed artifact counts as absent, never as whole. */
function remove(store: Store, key: string): void {
  rmSync(join(store.path(key), 'manifest.json'), { force: true })
  rmSync(store.path(key), { recursive: true, force: true })
}

function usedAt(path: string): number {
  try {
    return lstatSync(path).mtimeMs
  } catch {
    return 0
  }
}
