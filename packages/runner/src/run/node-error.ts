import { locate, type PipelineError } from '@etsef/plugin-api'
import { problem } from '../errors.js'
import type { Stage } from '../plan/stages.js'

/** The error with the node, and the plugin it comes from when the operation threw something of its own. */
export function nodeError(stage: Stage, error: PipelineError): PipelineError {
  const where = locate(error, { node: stage.node })
  if (error.code !== 'ERR_NODE_FAILED') return where
  return problem('ERR_NODE_FAILED', {
    message: `Node "${stage.node}" (${stage.type}, ${stage.plugin.packageName} ${stage.plugin.version}) failed: ${error.message}`,
    node: stage.node,
    cause: error.cause,
    hint: error.hint,
  })
}
