import { readFileSync, statSync } from 'node:fs'

/** A cache of values made from small files (a parsed manifest, a decoded table); an entry is used until the file changes. */
export interface KeptFiles {
  /**
   * What `make` gives for the bytes of a file; made once while nothing about the file changes.
   *
   * @param what - Tells apart what is made of one file.
   * @throws Error of the file system or of `make`; nothing is kept then.
   */
  get<T>(path: string, what: string, make: (bytes: Buffer) => T): T
}

interface Kept {
  readonly identity: string
  readonly value: unknown
}

/** Several stages of a warm worker read the same artifacts; `maxBytes` bounds the files whose content is kept, the oldest go first. */
export function createKeptFiles(maxBytes: number): KeptFiles {
  const kept = new Map<string, Kept & { readonly bytes: number }>()
  let total = 0
  const drop = (name: string): void => {
    total -= kept.get(name)?.bytes ?? 0
    kept.delete(name)
  }
  return {
    get<T>(path: string, what: string, make: (bytes: Buffer) => T): T {
      const { size, mtimeMs, ctimeMs, ino } = statSync(path)
      const identity = `${String(size)} ${String(mtimeMs)} ${String(ctimeMs)} ${String(ino)}`
      const name = `${path}\u0000${what}`
      const before = kept.get(name)
      // The type is that of an earlier `make` for the same use.
      if (before?.identity === identity) return before.value as T
      drop(name)
      const bytes = readFileSync(path)
      const value = make(bytes)
      if (bytes.length > maxBytes) return value
      kept.set(name, { identity, value, bytes: bytes.length })
      total += bytes.length
      for (const oldest of kept.keys()) {
        if (total <= maxBytes) break
        drop(oldest)
      }
      return value
    },
  }
}
