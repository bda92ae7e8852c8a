import { PipelineError } from '@etsef/plugin-api'
import { statSync } from 'node:fs'
import { dirname } from 'node:path'
import { identityOf, isSame, type Identity } from './package-files.js'

/** The files of a plugin's code as they were when the run was planned. */
export interface SeenCode {
  readonly packageName: string
  readonly files: readonly (readonly [path: string, identity: Identity])[]
}

/**
 * The first file that was written, moved or taken away since. Equal bytes do not count as equal: what was there in between may have been
 * loaded.
 */
export function changedFile({ files }: SeenCode): string | undefined {
  return files.find(([path, identity]) => !isSame(identity, identityOf(path)))?.[0]
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
