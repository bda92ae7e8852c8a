import { hash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { isPipelineError } from '@etsef/plugin-api'
import { asError, problem } from '../errors.js'
import type { PictureFile } from './find-pictures.js'
import type { Picture } from './picture-batch.js'
import type { FailedRow } from './predicted-row.js'

/** Files above this are refused unread. */
const maxBytes = 2 ** 29

/** A picture of bytes. */
export function pictureOf(id: string, bytes: Uint8Array): Picture {
  return { id, bytes, sha256: hash('sha256', bytes, 'hex') }
}

/** A picture of a file. @throws PipelineError `ERR_MISSING_FILE`, `ERR_BAD_DATA` for a pipe or device, `ERR_TOO_LARGE`. */
export async function readPictureFile(id: string, path: string): Promise<Picture> {
  const stats = await stat(path).catch((cause: unknown) => {
    throw problem('ERR_MISSING_FILE', { message: `Image "${id}" is not there`, cause })
  })
  if (!stats.isFile())
    throw problem('ERR_BAD_DATA', { message: `Image "${id}" is no file`, expected: 'a file of a picture' })
  if (stats.size > maxBytes)
    throw problem('ERR_TOO_LARGE', {
      message: `Image "${id}" is too large`,
      expected: `at most ${String(maxBytes)} bytes`,
      received: String(stats.size),
    })
  return pictureOf(id, await readFile(path))
}

/** A file, read; or the row that says why it cannot be. */
export async function tryReadPicture({ id, path }: PictureFile): Promise<Picture | FailedRow> {
  try {
    return await readPictureFile(id, path)
  } catch (thrown) {
    return failedRow(id, asError(thrown))
  }
}

/** The row of a picture that cannot be predicted. */
export function failedRow(id: string, error: Error): FailedRow {
  return { id, error: { code: isPipelineError(error) ? error.code : 'ERR_BAD_DATA', message: error.message } }
}
