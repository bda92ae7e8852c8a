import type { CombineImplementation, OperationContext, Rows, Static } from '@etsef/plugin-api'
import { argmaxRows, takeRows } from '../../numeric/linear-algebra/matrix.js'
import { labelledRows } from '../members/labelled-rows.js'
import {
  fitMultinomial,
  multinomialProbabilities,
} from '../../classifiers/logistic-regression/logistic-regression-model.js'
import { balancedErrorOf, logLoss } from '../members/losses.js'
import type { Member } from '../members/member.js'
import type { stackOptions } from './stack.js'
import { predictionsOf } from '../members/output.js'
import type { combinedOutputs, memberInputs } from '../members/ports.js'
import { membersOf, readMembers } from '../members/read-members.js'
import { stackedScores } from './stack-model.js'

/** Adapter of `ensemble/stack`: the final estimator sees val rows, or train rows whose scores are out of fold. */
export const stackNode: CombineImplementation<
  Static<typeof stackOptions>,
  typeof memberInputs,
  typeof combinedOutputs
> = {
  run: async ({ options, inputs, ctx }) => {
    const aligned = await readMembers(inputs.predictions, ctx.signal)
    const { rows } = aligned
    const members = membersOf(aligned, 'soft')
    const known = labelledRows(rows, members, options.fitOn === 'val' ? 'val' : 'train')
    if (options.fitOn === 'outOfFold') warnOfSeenRows(ctx, rows, members)
    const x = stackedScores(members, options.inputs)
    const numClasses = rows.classNames.length
    // As in ensemble/logistic-regression: the two mirrored vectors of two classes share scikit-learn's penalty of one.
    const c = new Set(known.labels).size === 2 ? options.c / 2 : options.c
    const fitted = fitMultinomial(takeRows(x, known.indices), { labels: known.labels, numClasses }, { c })
    const scores = multinomialProbabilities(fitted, x)
    ctx.metric('fit.numSamples', known.labels.length)
    ctx.metric('fit.logLoss', logLoss(takeRows(scores, known.indices), known.labels))
    ctx.log('info', `The final estimator learned from ${known.labels.length} rows (${options.fitOn})`)
    return predictionsOf(rows, scores.data, argmaxRows(scores), 'probability')
  },
}

/** Scores of train rows that are far better than those of val rows were given by members that had seen the rows. */
function warnOfSeenRows(ctx: OperationContext, rows: Rows, members: readonly Member[]): void {
  if (!rows.partitions.includes('val')) return
  const [train, val] = [labelledRows(rows, members, 'train'), labelledRows(rows, members, 'val')]
  const numClasses = rows.classNames.length
  train.members.forEach(({ name, predicted }, m) => {
    const [onTrain, onVal] = [
      balancedErrorOf(predicted, train.labels, numClasses),
      balancedErrorOf(val.members[m]!.predicted, val.labels, numClasses),
    ]
    if (onVal > 0.05 && onTrain < onVal / 4) {
      ctx.log(
        'warn',
        `"${name}" errs on ${(100 * onTrain).toFixed(1)} % of the train rows and ${(100 * onVal).toFixed(1)} % of val: ` +
          'its train scores look seen, not out of fold. Use ensemble/cross-fit, or fitOn: val',
      )
    }
  })
}
