import { mkdirSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/** Times that folders which another process removes meanwhile are made again. */
const mostAttempts = 10

/**
 * Makes a folder, and those above it, where they are not there yet.
 *
 * Not `mkdirSync` with `recursive`: where the system says of a folder that it cannot be made because something above it is missing, though nothing is, as
 * below `/proc`, Node tries again for ever.
 *
 * @throws Error of the file system.
 */
export function ensureFolder(dir: string): void {
  for (let attempt = 1; ; attempt++) {
    try {
      makeWithParents(resolve(dir))
      return
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT' || attempt === mostAttempts) throw thrown
    }
  }
}

function makeWithParents(dir: string): void {
  const missing = [dir]
  for (let above = dirname(dir); !isThere(above) && above !== dirname(above); above = dirname(above))
    missing.push(above)
  for (const each of missing.reverse()) makeOne(each)
}

function makeOne(dir: string): void {
  try {
    mkdirSync(dir)
  } catch (thrown) {
    // It may be there on a file system that is read-only, which is all that is asked.
    if (!isFolder(dir)) throw thrown
  }
}

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}
