import { hash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Picture } from './picture-batch.js'

/** A picture of bytes. */
export function pictureOf(id: string, bytes: Uint8Array): Picture {
  return { id, bytes, sha256: hash('sha256', bytes, 'hex') }
}

/** A picture of a file. */
export async function readPictureFile(id: string, path: string): Promise<Picture> {
  return pictureOf(id, await readFile(path))
}
