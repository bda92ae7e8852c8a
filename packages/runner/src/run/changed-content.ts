import type { PipelineError } from '@etsef/plugin-api'
import type { Stage } from '../plan/stages.js'
import { changedContent as changedSince } from '../store/content-watch.js'
import type { KeyedPipeline } from './key-pipeline.js'

/** Content of a stage that is not as it was when its digest went into the key: what was made of it is not what the key says. */
export function changedContent(keyed: KeyedPipeline, { node }: Stage): PipelineError | undefined {
  for (const each of keyed.digested.get(node) ?? []) {
    const error = changedSince(node, each)
    if (error) return error
  }
  return undefined
}
