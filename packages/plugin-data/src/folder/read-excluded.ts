import { PipelineError } from '@etsef/plugin-api'
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { join, sep } from 'node:path'

/**
 * Paths that are left out: the list itself, or the lines of a file; blank lines and those that begin with `#` say nothing.
 *
 * @param root - The data folder, in which the file must lie.
 * @throws PipelineError `ERR_MISSING_FILE` or `ERR_OUTSIDE_ROOT` for a file that is not in the folder.
 */
export function readExcluded(root: string, exclude: readonly string[] | string): readonly string[] {
  if (typeof exclude !== 'string') return exclude
  const file = join(root, exclude)
  if (!existsSync(file))
    throw new PipelineError('ERR_MISSING_FILE', {
      message: `There is no file "${exclude}" in the data folder`,
      option: 'exclude',
      hint: 'exclude is a list of paths, [a/1.png, b], or the path of a text file below path that names one a line',
    })
  if (!realpathSync(file).startsWith(realpathSync(root) + sep))
    throw new PipelineError('ERR_OUTSIDE_ROOT', {
      message: `The file "${exclude}" of what is left out is outside the data folder`,
      option: 'exclude',
      hint: 'move it into the folder',
    })
  return readFileSync(file, 'utf8')
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
}
