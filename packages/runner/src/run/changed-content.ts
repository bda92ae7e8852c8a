import type { PipelineError } from '@etsef/plugin-api'
import { problem } from '../errors.js'
import type { Stage } from '../plan/stages.js'
import { changedFile } from '../store/content-digest.js'
import type { KeyedPipeline } from './key-pipeline.js'

/** Content of a stage that is not as it was when its digest went into the key: what was made of it is not what the key says. */
export function changedContent(keyed: KeyedPipeline, stage: Stage): PipelineError | undefined {
  for (const { option, text, content } of keyed.digested.get(stage.node) ?? []) {
    const file = changedFile(content)
    if (file === undefined) continue
    return problem('ERR_CHANGED_FILE', {
      message: `"${file === '' ? text : file}" was changed while "${stage.node}" was made of it`,
      option,
      expected: 'files as they were when the run began',
      hint: 'leave the files alone during a run, and run again',
    })
  }
  return undefined
}
