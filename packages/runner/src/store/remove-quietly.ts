import { rmSync } from 'node:fs'

/** Removes a file or folder, where that is allowed. @returns Whether nothing is left of it. */
export function removeQuietly(path: string): boolean {
  try {
    rmSync(path, { recursive: true, force: true })
    return true
  } catch {
    return false
  }
}
