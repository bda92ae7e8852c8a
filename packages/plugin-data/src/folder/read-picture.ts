import { PipelineError } from '@etsef/plugin-api'
import { hash } from 'node:crypto'
import { constants } from 'node:fs'
import { open, realpath, type FileHandle } from 'node:fs/promises'
import { join, sep } from 'node:path'

/** A picture's file, and what it must hold. */
export interface PictureFile {
  /** Absolute path of the data folder. */
  readonly root: string
  /** Relative to the root: how the picture is called in messages, too. */
  readonly path: string
  /** Digest of its bytes when the rows were made; left out: whatever it holds. */
  readonly sha256?: string | undefined
}

/** A pipe or device would be waited for; a link was resolved before. */
const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW

/**
 * Bytes of a picture's file, checked as they are read: results are keyed by the digests that were taken when the run began, so other
 * bytes must never be computed on.
 *
 * @throws PipelineError `ERR_CHANGED_FILE` for other bytes, `ERR_OUTSIDE_ROOT` when a link leads out of the folder,
 *   `ERR_MISSING_FILE`, or `ERR_BAD_DATA` for what is no file or cannot be read.
 */
export async function readPicture({ root, path, sha256 }: PictureFile): Promise<Buffer> {
  const file = await resolveInside(root, path)
  const bytes = await readRegular(file, path)
  if (sha256 !== undefined && hash('sha256', bytes, 'hex') !== sha256)
    throw new PipelineError('ERR_CHANGED_FILE', {
      message: `Image "${path}" was changed while it was in use`,
      expected: `sha256 ${sha256}`,
      received: 'other bytes',
      hint: 'leave the files alone during a run, and run again',
    })
  return bytes
}

async function resolveInside(root: string, path: string): Promise<string> {
  try {
    const [realRoot, file] = await Promise.all([realpath(root), realpath(join(root, path))])
    if (file.startsWith(realRoot + sep)) return file
  } catch (thrown) {
    throw unreadable(path, thrown)
  }
  throw new PipelineError('ERR_OUTSIDE_ROOT', {
    message: `Image "${path}" is a link that leads out of the data folder`,
    expected: 'files inside the folder',
    hint: 'copy the file into the folder',
  })
}

/**
 * Bytes of a regular file; a pipe or a device is refused, not waited for.
 *
 * @param path - How the file is called in messages.
 */
export async function readRegular(file: string, path: string): Promise<Buffer> {
  let handle: FileHandle
  try {
    handle = await open(file, flags)
  } catch (thrown) {
    throw unreadable(path, thrown)
  }
  try {
    if ((await handle.stat()).isFile()) return await handle.readFile()
  } catch (thrown) {
    throw unreadable(path, thrown)
  } finally {
    await handle.close()
  }
  throw new PipelineError('ERR_BAD_DATA', { message: `"${path}" is no file`, expected: 'an image file' })
}

function unreadable(path: string, cause: unknown): PipelineError {
  const code = (cause as NodeJS.ErrnoException).code ?? String(cause)
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return new PipelineError('ERR_MISSING_FILE', { message: `Image "${path}" is not there`, cause })
  return new PipelineError('ERR_BAD_DATA', {
    message: `Image "${path}" cannot be read: ${code === 'EACCES' ? 'this user may not read it' : code}`,
    hint: code === 'EACCES' ? 'give the user the right to read it, or remove it' : 'check the disk it lies on',
    cause,
  })
}
