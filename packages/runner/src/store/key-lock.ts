import { readlinkSync, symlinkSync, unlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { namesIn } from './names-in.js'
import { isProcessAlive, ownStart, processStart } from './processes.js'
import { removeQuietly } from './remove-quietly.js'
import { storeFolders, type Store } from './store.js'

/**
 * Locks on keys, between the processes of one machine: of several that need one artifact, one makes it. Not needed for correctness, only
 * against double work. Machines do not lock each other out: that would take clocks that agree, and signs of life.
 */
export interface KeyLocks {
  /** Takes the lock. @returns False while another living process of this machine holds it. */
  tryTake(key: string): boolean
  release(key: string): void
  /** Releases all. */
  close(): void
}

/** Opens the locks of a store. */
export function openKeyLocks(storeDir: string): KeyLocks {
  const held = new Set<string>()
  const holder = `${String(process.pid)}-${ownStart()}@${hostname()}`
  const path = (key: string): string => join(storeDir, storeFolders.locks, `${key}@${hostname()}`)
  const create = (key: string): boolean => {
    try {
      // The lock is a symbolic link whose target text names the holder. A link is made together with its text in one step; a file would be
      // empty for a moment.
      symlinkSync(holder, path(key))
      held.add(key)
      return true
    } catch (thrown) {
      // Only a lock that is there keeps anyone waiting. Where none can be made (no right to, a full disk), there is none.
      return (thrown as NodeJS.ErrnoException).code !== 'EEXIST'
    }
  }
  return {
    tryTake(key) {
      if (held.has(key) || create(key)) return true
      if (!isAbandoned(path(key))) return false
      // The lock of a dead process of another user cannot be removed. Its holder is gone all the same, so nobody waits for it.
      return removeQuietly(path(key)) ? create(key) : true
    },
    release(key) {
      if (!held.delete(key)) return
      try {
        unlinkSync(path(key))
      } catch {
        // Something else has removed the lock already.
      }
    },
    close() {
      for (const key of held) removeQuietly(path(key))
      held.clear()
    },
  }
}

const firstPollMs = 20
const lastPollMs = 500

/**
 * Takes the lock on a key, or waits until the process that has it has published its artifact.
 *
 * @returns False when the artifact has come, or the signal aborted, and there is nothing left to make.
 */
export async function takeOrWait(locks: KeyLocks, store: Store, key: string, signal: AbortSignal): Promise<boolean> {
  for (let pauseMs = firstPollMs; !locks.tryTake(key); pauseMs = Math.min(lastPollMs, pauseMs * 1.5)) {
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
    if (signal.aborted || store.find(key).state === 'present') return false
  }
  return true
}

/** Removes locks that killed processes of this machine left. */
export function sweepLocks(storeDir: string): void {
  const dir = join(storeDir, storeFolders.locks)
  for (const name of namesIn(dir)) if (isAbandoned(join(dir, name))) removeQuietly(join(dir, name))
}

/** Whether the process of this machine that made a lock is gone. Systems reuse process ids, so the time at which the process began is compared, too. */
function isAbandoned(path: string): boolean {
  try {
    const [, pid, start, host] = /^(\d+)(?:-(\d+))?@(.*)$/.exec(readlinkSync(path)) ?? []
    if (host !== hostname()) return false
    const now = processStart(Number(pid))
    return !isProcessAlive(Number(pid)) || (start !== undefined && now !== '0' && now !== start)
  } catch {
    // Released meanwhile.
    return true
  }
}
