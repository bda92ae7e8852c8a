import { PipelineError, type FeatureBatch, type PredictionBatch } from '@etsef/plugin-api'

/** What of an answer is explained. */
export type VoteUnit = 'margin' | 'probability' | 'voteShare'

/**
 * Value of row `row` for a class: its score minus the largest other one (`margin`), or the score itself.
 *
 * With one class there is no other score, and the margin is the score.
 */
export function voteValue(
  { scores, classNames }: Pick<PredictionBatch, 'scores' | 'classNames'>,
  row: number,
  target: number,
  unit: VoteUnit,
): number {
  const own = scores.subarray(row * classNames.length, (row + 1) * classNames.length)
  const score = own[target]!
  if (unit !== 'margin') return score
  const others = own.filter((_, k) => k !== target)
  return others.length === 0 ? score : score - Math.max(...others)
}

/** The class that is explained: the answer, or where the vote abstains the class with the largest score (of equal ones the first). */
export function explainedClass({ scores, predicted, classNames }: PredictionBatch, row: number): number {
  if (predicted[row]! >= 0) return predicted[row]!
  const own = scores.subarray(row * classNames.length, (row + 1) * classNames.length)
  return own.reduce((best, score, k) => (score > own[best]! ? k : best), 0)
}

/** Answers of which the unit can be had. @throws PipelineError `ERR_PORT_KIND` for features, `ERR_BAD_OPTION` for another kind of scores. */
export function answersIn(rows: FeatureBatch | PredictionBatch, unit: VoteUnit): PredictionBatch {
  if (rows.kind !== 'predictions') {
    throw new PipelineError('ERR_PORT_KIND', {
      message: 'The predictor gives features, which no class can be read from',
      port: 'predictor',
      expected: 'the predictor of a node with predictions, e.g. of the vote',
      received: 'features',
    })
  }
  if (unit === 'margin' || rows.scoreKind === unit) return rows
  throw new PipelineError('ERR_BAD_OPTION', {
    message: `The scores of the predictor are no ${unit === 'probability' ? 'probabilities' : 'shares of votes'}`,
    option: 'value',
    expected: `value: margin${rows.scoreKind === 'margin' ? '' : `, or value: ${rows.scoreKind}`}`,
    received: `value: ${unit}`,
    hint:
      unit === 'probability'
        ? 'take the predictor of a calibrated vote (ensemble/calibrate), or of one with voting: soft'
        : 'take the predictor of a vote with voting: hard',
  })
}
