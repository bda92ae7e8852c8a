import { accessSync, constants, existsSync, rmSync, rmdirSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { ensureFolder } from '../ensure-folder.js'
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

/**
 * What the file system refused at a path of `--out`, in words; `undefined` for any other error. A path is one at `out`, below it, beside it (where what
 * is to stand there is made first) or on the way to it.
 */
export function outProblem(thrown: unknown, out: string): UsageError | undefined {
  if (!(thrown instanceof Error) || !('syscall' in thrown)) return undefined
  const { path, dest } = thrown as NodeJS.ErrnoException & { readonly dest?: string }
  const isOnTheWay = (at: string): boolean =>
    isBelow(at, out) || isBelow(out, at) || (basename(at).startsWith('.') && dirname(at) === dirname(out))
  if (![path, dest].some((at) => at !== undefined && isOnTheWay(at))) return undefined
  return new UsageError(`--out ${out}: ${thrown.message}`)
}

function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`)
}

/** Makes the folder of a file that is to be written, before anything is computed for it. @throws UsageError where it cannot be written. */
export function prepareFile(flag: FlagName, file: string): void {
  withNamedPath(flag, file, () => {
    ensureFolder(dirname(file))
    if (existsSync(file)) accessSync(file, constants.W_OK)
    else {
      // Rights tell little: nobody makes files below /proc, whatever it says.
      writeFileSync(file, '')
      rmSync(file)
    }
  })
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory() === true)
    throw new UsageError(`--${flag} ${file}: it is a folder`)
}

/** Sees that a folder can be made, before anything is computed for it; those above it are made. @throws UsageError where it cannot. */
export function prepareFolder(flag: FlagName, folder: string): void {
  if (existsSync(folder)) return
  withNamedPath(flag, folder, () => {
    ensureFolder(folder)
    rmdirSync(folder)
  })
}
