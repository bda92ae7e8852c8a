import { execFile } from 'node:child_process'
import { open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { asError } from '../errors.js'
import type { Manifest } from './manifest.js'

/** More artifacts than this at once are flushed together, with all of their file system. */
const individually = 16

/** Least time between two flushes of a burst: each costs much the same, whether it is for one artifact or for a hundred. */
const pauseMs = 200

/** Brings published artifacts to the disk while the run goes on. */
export interface Durability {
  /** Queues an artifact. */
  add(dir: string, manifest: Manifest): void
  /** Resolves when everything queued would survive a power failure. @throws Error of the file system, when it refused. */
  settled(): Promise<void>
}

interface Published {
  readonly dir: string
  readonly manifest: Manifest
}

/**
 * Flushes artifacts in the background. Visibility never waits for it: until then an artifact survives the death of any process, and
 * after a power failure one that is not whole is found out by its hashes and made again.
 */
export function createDurability(): Durability {
  let queue: Published[] = []
  let working: Promise<void> | undefined
  let failure: Error | undefined
  let isEnding = false
  let endPause: () => void = () => undefined
  const pause = (): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, pauseMs)
      endPause = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  const work = async (): Promise<void> => {
    while (queue.length > 0) {
      const batch = queue
      queue = []
      try {
        await flushBatch(batch)
      } catch (thrown) {
        failure ??= asError(thrown)
      }
      if (!isEnding) await pause()
    }
    working = undefined
  }
  return {
    add(dir, manifest) {
      queue.push({ dir, manifest })
      working ??= work()
    },
    async settled() {
      isEnding = true
      endPause()
      while (working) await working
      if (failure) throw failure
    },
  }
}

async function flushBatch(batch: readonly Published[]): Promise<void> {
  const [first] = batch
  if (!first) return
  const store = dirname(first.dir)
  if (batch.length > individually && (await flushFileSystem(store))) return
  for (const { dir, manifest } of batch) {
    for (const file of manifest.files) await flushPath(join(dir, file.path))
    await flushPath(join(dir, 'manifest.json'))
    await flushPath(dir)
  }
  await flushPath(store)
}

/** One `syncfs` instead of thousands of `fsync`: Node has no call for it, coreutils has. @returns False where there is no such command. */
async function flushFileSystem(path: string): Promise<boolean> {
  try {
    await promisify(execFile)('sync', ['-f', path])
    return true
  } catch {
    return false
  }
}

async function flushPath(path: string): Promise<void> {
  const handle = await open(path).catch((thrown: unknown) => {
    // The artifact was set aside or collected since it was queued: there is nothing left to flush.
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw thrown
  })
  if (!handle) return
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
