import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { UsageError } from './arguments.js'
import type { FlagName } from './flags.js'

/**
 * Does something with a path that a flag names.
 *
 * @throws UsageError where the file system refuses, so that a wrong path is not taken for a mistake of ours.
 */
export function withNamedPath<T>(flag: FlagName, path: string, use: (path: string) => T): T {
  try {
    return use(path)
  } catch (thrown) {
    if (!(thrown instanceof Error) || !('syscall' in thrown)) throw thrown
    throw new UsageError(`--${flag} ${path}: ${thrown.message}`)
  }
}

/** Makes the folder of a file that is to be written, before anything is computed for it. @throws UsageError where it cannot be written. */
export function prepareFile(flag: FlagName, file: string): void {
  withNamedPath(flag, file, () => {
    mkdirSync(dirname(file), { recursive: true })
    accessSync(existsSync(file) ? file : dirname(file), constants.W_OK)
  })
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory() === true)
    throw new UsageError(`--${flag} ${file}: it is a folder`)
}
