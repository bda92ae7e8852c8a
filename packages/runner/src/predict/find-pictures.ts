import { existsSync, readdirSync, statSync } from 'node:fs'
import { basename, join, relative, sep } from 'node:path'
import { problem } from '../errors.js'

/** A file to predict. */
export interface PictureFile {
  /** As it is called in the answer: below the folder that was asked for, with `/` between parts. */
  readonly id: string
  readonly path: string
}

/** Files that were found, and how many of a folder are no pictures by their names. */
export interface FoundPictures {
  readonly files: readonly PictureFile[]
  readonly numOthers: number
}

/** Names that pictures have. What a file holds is decided when it is decoded. */
const pictureName = /\.(png|jpe?g|jpe|webp|tiff?|gif|bmp|dcm)$/i

/**
 * A picture, or all pictures below a folder, in the order of their paths; folders need mean nothing. Hidden files and folders are left out.
 *
 * @throws PipelineError `ERR_MISSING_FILE`.
 */
export function findPictures(path: string): FoundPictures {
  if (!existsSync(path))
    throw problem('ERR_MISSING_FILE', {
      message: `There is nothing at "${path}"`,
      expected: 'a picture, or a folder of pictures',
    })
  if (!statSync(path).isDirectory()) return { files: [{ id: basename(path), path }], numOthers: 0 }
  const files: PictureFile[] = []
  let numOthers = 0
  const walk = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.name.startsWith('.')) continue
      const full = join(folder, entry.name)
      // A link may lead to a folder above: only links to files are followed.
      if (entry.isDirectory()) walk(full)
      else if (!pictureName.test(entry.name)) numOthers++
      else files.push({ id: relative(path, full).split(sep).join('/'), path: full })
    }
  }
  walk(path)
  files.sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
  if (files.length > 0) return { files, numOthers }
  throw problem('ERR_MISSING_FILE', {
    message: `There is no picture below "${path}"`,
    expected: 'files named .png, .jpg, .webp, .tif, .gif, …',
    received: `${String(numOthers)} other files`,
  })
}
