import { PipelineError } from '../errors.js'

/** What the rows port gives at `open`: rows come to `apply`, a batch at a time. */
export function rowsAtOpen(type: string): PipelineError {
  return new PipelineError('ERR_LEAKAGE', {
    message: `${type} reads its rows when it is opened`,
    expected: 'rows in apply(), a batch at a time',
    hint: 'what is learned from rows is learned in fit(), from the partitions that fitOn names',
  })
}
