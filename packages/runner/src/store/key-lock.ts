import { lstatSync, lutimesSync, readlinkSync, symlinkSync, unlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { namesIn } from './names-in.js'
import { isProcessAlive } from './processes.js'
import { removeQuietly } from './remove-quietly.js'
import { storeFolders } from './store.js'

/** A lease not renewed for this long is nobody's. */
const leaseMs = 10_000
const renewMs = 2_000

/** Leases on keys: of several processes that need one artifact, one makes it. Not needed for correctness, only against double work. */
export interface KeyLocks {
  /** Takes the lease. @returns False while a living process holds it. */
  tryTake(key: string): boolean
  release(key: string): void
  /** Releases all and stops renewing. */
  close(): void
}

/** Opens the leases of a store. */
export function openKeyLocks(storeDir: string): KeyLocks {
  const held = new Set<string>()
  const holder = `${String(process.pid)}@${hostname()}`
  const path = (key: string): string => join(storeDir, storeFolders.locks, key)
  const timer = setInterval(() => {
    const now = new Date()
    for (const key of held) {
      try {
        lutimesSync(path(key), now, now)
      } catch {
        // Taken over or cleaned away; the artifact decides.
      }
    }
  }, renewMs)
  timer.unref()
  const create = (key: string): boolean => {
    try {
      // A link to nowhere is made with its text in one step; there is no moment at which the holder is unnamed.
      symlinkSync(holder, path(key))
      held.add(key)
      return true
    } catch (thrown) {
      // Only a lease that is there keeps anyone waiting. Where none can be made (no right to, a full disk), there is none.
      return (thrown as NodeJS.ErrnoException).code !== 'EEXIST'
    }
  }
  return {
    tryTake(key) {
      if (held.has(key) || create(key)) return true
      if (!isAbandoned(path(key))) return false
      // One of another user that cannot be removed is nobody's all the same.
      return removeQuietly(path(key)) ? create(key) : true
    },
    release(key) {
      if (!held.delete(key)) return
      try {
        unlinkSync(path(key))
      } catch {
        // Taken over by another process, or cleaned away.
      }
    },
    close() {
      clearInterval(timer)
      for (const key of held) removeQuietly(path(key))
      held.clear()
    },
  }
}

/** Removes leases that killed processes left. */
export function sweepLocks(storeDir: string): void {
  const dir = join(storeDir, storeFolders.locks)
  for (const name of namesIn(dir)) if (isAbandoned(join(dir, name))) removeQuietly(join(dir, name))
}

function isAbandoned(path: string): boolean {
  try {
    if (Date.now() - lstatSync(path).mtimeMs > leaseMs) return true
    const [pid, host] = readlinkSync(path).split('@')
    return host === hostname() && !isProcessAlive(Number(pid))
  } catch {
    // Released meanwhile.
    return true
  }
}
