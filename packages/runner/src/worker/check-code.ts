import { readFileSync } from 'node:fs'
import { changedFile, codeChanged, type SeenCode } from '../registry/seen-code.js'

/** A look at a plugin's files may cost this share of the time between two. */
const largestShare = 0.01
const leastMs = 200

interface Watched {
  readonly code: SeenCode
  /** Not looked at again before. */
  nextMs: number
}

const watched = new Map<string, Watched>()

/**
 * Refuses to go on when the code that a stage ran may not be the code that its key tells: a file of it was written since the run began.
 *
 * @param files - What was seen of each plugin whose code the stage runs; looked at before the first stage of this process that uses it is
 *   published, and then as often as costs nothing. The run looks a last time when it ends.
 * @throws PipelineError `ERR_CHANGED_CODE`
 */
export function checkCode(files: readonly string[]): void {
  for (const file of files) {
    const known: Watched = watched.get(file) ?? {
      // Written by this version of the runner.
      code: JSON.parse(readFileSync(file, 'utf8')) as SeenCode,
      nextMs: 0,
    }
    watched.set(file, known)
    const startedMs = performance.now()
    if (startedMs < known.nextMs) continue
    const changed = changedFile(known.code)
    if (changed !== undefined) throw codeChanged(known.code.packageName, changed)
    const endedMs = performance.now()
    known.nextMs = endedMs + Math.max(leastMs, (endedMs - startedMs) / largestShare)
  }
}
