import type { PixelImage } from '@etsef/plugin-api'
import { createHash } from 'node:crypto'
import { parsePlace } from '../folder/picture-place.js'
import { readPicture } from '../folder/read-picture.js'
import type { KeepPicture } from '../folder/scan-files.js'
import { decodePlace, type PlaceOptions } from './decode-place.js'

/** Digest of the file that a uri names, whose picture is decoded and handed over. */
export async function digestPlace(
  root: string,
  uri: string,
  options: PlaceOptions,
  keep?: KeepPicture,
): Promise<string> {
  const place = parsePlace(uri)
  const bytes = await readPicture({ root, path: place.path })
  const image = await decodePlace(bytes, place, options)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  keep?.(uri, sha256, image)
  return sha256
}

/** Pixels of a row, of the bytes that the row was made of. */
export async function loadPlace(
  root: string,
  row: { readonly uri: string; readonly sourceId?: string },
  options: PlaceOptions,
): Promise<PixelImage> {
  const place = parsePlace(row.uri)
  return decodePlace(await readPicture({ root, path: place.path, sha256: row.sourceId }), place, options)
}
