import { open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Manifest } from './manifest.js'

const concurrency = 4

/** Brings published artifacts to the disk while the run goes on. */
export interface Durability {
  /** Queues an artifact. */
  add(dir: string, manifest: Manifest): void
  /** Resolves when everything queued would survive a power failure. @throws Error of the file system, when it refused. */
  settled(): Promise<void>
}

/**
 * Flushes artifacts in the background. Visibility never waits for it: until then an artifact survives the death of any process, and
 * after a power failure one that is not whole is found out by its hashes and made again.
 */
export function createDurability(): Durability {
  const queue: { readonly dir: string; readonly manifest: Manifest }[] = []
  const parents = new Set<string>()
  const working = new Set<Promise<void>>()
  let failure: unknown
  const work = async (): Promise<void> => {
    for (let item = queue.shift(); item; item = queue.shift()) {
      try {
        await flush(item.dir, item.manifest)
      } catch (thrown) {
        failure ??= thrown
      }
    }
  }
  const start = (): void => {
    if (working.size >= concurrency) return
    const worker: Promise<void> = work().finally(() => {
      working.delete(worker)
    })
    working.add(worker)
  }
  return {
    add(dir, manifest) {
      queue.push({ dir, manifest })
      parents.add(dirname(dir))
      start()
    },
    async settled() {
      while (working.size > 0) await Promise.all(working)
      for (const parent of parents) await flushPath(parent)
      if (failure !== undefined) throw failure instanceof Error ? failure : new Error(String(failure))
    },
  }
}

async function flush(dir: string, manifest: Manifest): Promise<void> {
  for (const file of manifest.files) await flushPath(join(dir, file.path))
  await flushPath(join(dir, 'manifest.json'))
  await flushPath(dir)
}

async function flushPath(path: string): Promise<void> {
  const handle = await open(path).catch((thrown: unknown) => {
    // Set aside or collected meanwhile: nothing left to keep.
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
