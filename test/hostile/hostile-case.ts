import type { ErrorCode } from '@etsef/plugin-api'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** What a command may use before it has refused what it was given. */
export interface Bounds {
  /** Resident memory of the command and all its processes together, at its highest. */
  readonly memoryMb: number
  /** Processor time of the same, start of Node included. */
  readonly cpuSeconds: number
}

/** Something hostile, and how it is refused. */
export interface HostileCase {
  /** Unique among all cases; names the folder. */
  readonly name: string
  /**
   * Writes the case's files. What is large is written by code, never committed.
   *
   * @param dir - An empty folder of the case's own, directly below a project with every plugin of this repository.
   * @returns The words after `etsef`, which is called in `dir`; `--json` is added.
   */
  readonly arrange: (dir: string) => Promise<readonly string[]> | readonly string[]
  /** Code that one of the problems must have. */
  readonly code: ErrorCode
  /** Where that problem is: `file`, `file:line` or `file:line:column`, the file relative to `dir`. Left out: anywhere, but somewhere. */
  readonly place?: string
  /** What the case may use, where it is not the promise of {@link defaultBounds}; say why where it is set. */
  readonly bounds?: Bounds
}

/** The promise: whatever a pipeline says, it is refused within two seconds and 300 MB. */
export const defaultBounds: Bounds = { memoryMb: 300, cpuSeconds: 2 }

/** Writes files by their path below a folder. */
export function writeFiles(dir: string, files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [path, content] of Object.entries(files)) {
    const full = join(dir, path)
    mkdirSync(dirname(full), { recursive: true })
    writeFileSync(full, content)
  }
}
