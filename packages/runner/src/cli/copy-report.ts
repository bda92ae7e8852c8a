import { cpSync, existsSync, statSync } from 'node:fs'
import { dirname, extname, join, relative } from 'node:path'
import { ensureFolder } from '../ensure-folder.js'
import { problem } from '../errors.js'

/** What a report is opened by. */
export const page = 'index.html'

/** Where a report is wanted: a folder gets all its files, a file its page. */
export interface Destination {
  /** Absolute. */
  readonly path: string
  readonly isFolder: boolean
}

/** What a path of `--out` means: a folder when it is one, or when it is nothing yet and has no extension. */
export function destinationOf(path: string): Destination {
  return { path, isFolder: existsSync(path) ? statSync(path).isDirectory() : extname(path) === '' }
}

/** Copies a report out of the store. @returns Absolute path of the page. */
export function copyReport(dir: string, { path, isFolder }: Destination): string {
  if (!isFolder && !existsSync(join(dir, page)))
    throw problem('ERR_BAD_DATA', {
      message: `The report has no ${page}`,
      hint: 'name a folder with --out to get what it has',
    })
  ensureFolder(isFolder ? path : dirname(path))
  cpSync(isFolder ? dir : join(dir, page), path, { recursive: true })
  return isFolder ? join(path, page) : path
}

/** A path as it is printed: short where it lies below. */
export function shownPath(path: string, cwd: string): string {
  const shown = relative(cwd, path)
  return shown.startsWith('..') ? path : shown
}
