import { problem } from '../errors.js'
import type { TrialResult } from './journal.js'
import { pooledName } from './pooled-trials.js'

/** Figure that is the mean of those of some members: what one gets on average by taking one of them blindly. */
const meanOfMembers = 'mean of members'

/**
 * The result with one more figure for each of the metrics: the mean over the members.
 *
 * @param members - Names as a report has them: `svm` for `scores.svm.balancedAccuracy`.
 * @throws PipelineError `ERR_BAD_REFERENCE` where a member has no such figure, or more than one.
 */
export function withMeanOf(result: TrialResult, members: readonly string[], metrics: readonly string[]): TrialResult {
  const names = Object.keys(result.metrics)
  const mean = result.numFolds === undefined ? meanOfMembers : pooledName(meanOfMembers, result.numFolds)
  const means = metrics.map((metric): [string, number | null] => {
    const values = members.map((member) => {
      const ending = `${member}.${metric}`
      const found = names.filter((name) => name === ending || name.endsWith(`.${ending}`))
      const [only] = found
      if (only === undefined || found.length > 1)
        throw problem('ERR_BAD_REFERENCE', {
          message: `${found.length === 0 ? 'No figure' : 'More than one figure'} of a trial is "${ending}"`,
          received: found.join(', ') || undefined,
          hint: '--mean-of names what a report scores, --metric the last part of a figure',
        })
      return result.metrics[only] ?? null
    })
    const numbers = values.filter((value) => value !== null)
    const isWhole = numbers.length === values.length
    return [`${mean}.${metric}`, isWhole ? numbers.reduce((sum, value) => sum + value, 0) / numbers.length : null]
  })
  return { ...result, metrics: { ...result.metrics, ...Object.fromEntries(means) } }
}
