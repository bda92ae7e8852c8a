import { PipelineError, type PredictionBatch } from '@etsef/plugin-api'
import { matrix } from '../../numeric/linear-algebra/matrix.js'
import type { Ballot } from './vote-model.js'

/**
 * A member's predictions as the vote takes them.
 *
 * Margins cannot be summed over members: a hard vote counts such a member's class as probability 1, a soft vote refuses.
 *
 * @throws PipelineError `ERR_BAD_DATA` for margins in a soft vote.
 */
export function toBallot(batch: PredictionBatch, name: string, voting: 'hard' | 'soft'): Ballot {
  const numClasses = batch.classNames.length
  const { predicted } = batch
  if (batch.scoreKind !== 'margin') {
    return { probabilities: matrix(batch.ids.length, numClasses, batch.scores), predicted }
  }
  if (voting === 'soft') {
    throw new PipelineError('ERR_BAD_DATA', {
      message: `"${name}" gives margins, which a soft vote cannot average`,
      expected: 'probabilities',
      received: 'margins',
      hint: 'calibrate the member, or use voting: hard',
    })
  }
  const probabilities = matrix(batch.ids.length, numClasses)
  predicted.forEach((choice, i) => {
    if (choice >= 0) probabilities.data[i * numClasses + choice] = 1
  })
  return { probabilities, predicted }
}
