import type { PipelineError } from '@etsef/plugin-api'
import { problem } from '../errors.js'

const space = 'free some space, for example with "etsef cache gc", and run again'
const rights = 'ask its owner for the right to write there, or use another store with --store'

/** What the system says when a store cannot be used, in words, and what helps. */
const reasons: Readonly<Record<string, readonly [reason: string, hint: string]>> = {
  ENOSPC: ['the disk is full', space],
  EDQUOT: ['the disk quota is used up', space],
  EROFS: ['it is on a read-only file system', 'use another store with --store'],
  EACCES: ['this user has no right to', rights],
  EPERM: ['this user has no right to', rights],
  ENOENT: ['a folder of the store is missing', 'use another store with --store'],
  ENOTDIR: ['a part of its path is a file', 'use another store with --store'],
  EEXIST: ['its path is a file', 'use another store with --store'],
}

/** Codes that say so wherever they come from; the others may be about any file. */
const always = new Set(['ENOSPC', 'EDQUOT', 'EROFS'])

/**
 * An error of the file system that means that the store cannot be used, as a located error.
 *
 * @param storeDir - Left out: only what can be nothing else is taken for one.
 */
export function storeProblem(thrown: unknown, storeDir?: string): PipelineError | undefined {
  if (!(thrown instanceof Error)) return undefined
  const { code = '', path } = thrown as NodeJS.ErrnoException
  const found = reasons[code]
  if (!found) return undefined
  const isInside =
    storeDir !== undefined && path !== undefined && (path.startsWith(storeDir) || isMadeFor(storeDir, path, thrown))
  if (!isInside && !always.has(code)) return undefined
  const [reason, hint] = found
  const where = path ?? storeDir
  return problem('ERR_STORE', {
    message: where === undefined ? `The store cannot be written: ${reason}` : `"${where}" cannot be written: ${reason}`,
    hint,
    cause: thrown,
  })
}

/** Whether a folder could not be made that the store was to be made in. */
function isMadeFor(storeDir: string, path: string, { syscall }: NodeJS.ErrnoException): boolean {
  return syscall === 'mkdir' && storeDir.startsWith(`${path}/`)
}

/** Runs what reads or writes the store. @throws PipelineError `ERR_STORE` for what {@link storeProblem} knows. */
export function inStore<T>(storeDir: string, work: () => T): T {
  try {
    return work()
  } catch (thrown) {
    throw storeProblem(thrown, storeDir) ?? thrown
  }
}
