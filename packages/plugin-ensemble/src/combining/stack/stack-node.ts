import type { SeedlessContext, Rows, Static } from '@etsef/plugin-api'
import {
  fitMultinomial,
  multinomialProbabilities,
  type MultinomialModel,
} from '../../classifiers/logistic-regression/logistic-regression-model.js'
import { argmaxRows } from '../../numeric/linear-algebra/matrix.js'
import { combinerNode } from '../members/combiner-node.js'
import { labelledRows } from '../members/labelled-rows.js'
import { balancedErrorOf, logLoss } from '../members/losses.js'
import type { Member } from '../members/member.js'
import { membersOf } from '../members/read-members.js'
import { stackedScores } from './stack-model.js'
import type { stackOptions } from './stack.js'

/** The final estimator of a stack. */
interface StackModel {
  readonly kind: 'stack'
  readonly final: MultinomialModel
}

/** Adapter of `ensemble/stack`: the final estimator sees val rows, or train rows whose scores are out of fold. */
export const stackNode = combinerNode<Static<typeof stackOptions>, StackModel>({
  kind: 'stack',
  learn(aligned, options, ctx) {
    const { rows } = aligned
    const members = membersOf(aligned, 'soft')
    const known = labelledRows(rows, members, options.fitOn === 'val' ? 'val' : 'train')
    if (options.fitOn === 'outOfFold') warnOfSeenRows(ctx, rows, members)
    const x = stackedScores(known.members, options.inputs)
    const numClasses = rows.classNames.length
    // As in ensemble/logistic-regression: the two mirrored vectors of two classes share scikit-learn's penalty of one.
    const C = new Set(known.labels).size === 2 ? options.C / 2 : options.C
    const final = fitMultinomial(x, { labels: known.labels, numClasses }, { C })
    ctx.metric('fit.numSamples', known.labels.length)
    ctx.metric('fit.logLoss', logLoss(multinomialProbabilities(final, x), known.labels))
    ctx.log('info', `The final estimator learned from ${known.labels.length} rows (${options.fitOn})`)
    return { kind: 'stack', final }
  },
  open: ({ final }, { inputs }) => ({
    combine(aligned) {
      const scores = multinomialProbabilities(final, stackedScores(membersOf(aligned, 'soft'), inputs))
      return { scores: scores.data, predicted: argmaxRows(scores), scoreKind: 'probability' }
    },
  }),
})

/** Scores of train rows that are far better than those of val rows were given by members that had seen the rows. */
function warnOfSeenRows(ctx: SeedlessContext, rows: Rows, members: readonly Member[]): void {
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
