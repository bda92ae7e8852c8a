import { PipelineError } from '@etsef/plugin-api'
import { statSync } from 'node:fs'
import { dirname } from 'node:path'
import { hashFile } from '../store/stat-cache.js'
import type { SeenFile } from './package-code.js'
import { identityOf, isSame } from './package-files.js'

/** The files of a plugin's code as they were when the run was planned. */
export interface SeenCode {
  readonly packageName: string
  readonly files: readonly SeenFile[]
}

/**
 * The first file that was written, moved or taken away since. Equal bytes of a file that was written do not count as equal: what was
 * there in between may have been loaded. A file that got or lost a link, or other rights, was not written: its change time alone moved.
 */
export function changedFile({ files }: SeenCode): string | undefined {
  return files.find((file) => isChanged(file))?.[0]
}

function isChanged([path, before, sha256]: SeenFile): boolean {
  const now = identityOf(path)
  if (now === undefined) return true
  const [size, mtimeMs, ctimeMs, ino] = before
  if (!isSame([size, mtimeMs, now[2], ino], now)) return true
  return ctimeMs !== now[2] && hashFile(path) !== sha256
}

/** When a file was last written or, where it is gone, something in the nearest folder that is left. */
export function changedAtMs(path: string): number {
  for (let at = path; ; at = dirname(at)) {
    const stats = statSync(at, { throwIfNoEntry: false })
    if (stats) return stats.ctimeMs
  }
}

/** The error that names a plugin and the file of its code that was written during a run. */
export function codeChanged(packageName: string, file: string): PipelineError {
  return new PipelineError('ERR_CHANGED_CODE', {
    message: `The code of "${packageName}" was written while the run used it: ${file}`,
    hint: 'run again; what was finished before is kept',
  })
}
