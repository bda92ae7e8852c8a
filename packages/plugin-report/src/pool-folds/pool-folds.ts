import { Type, defineOperation, port } from '@etsef/plugin-api'
import type { Operation } from '@etsef/plugin-api'

/** `report/pool-folds`. A report, since a test row of one fold is a train row of all others: nothing may be fitted on what it gives. */
export const poolFolds: Operation = defineOperation({
  kind: 'report',
  type: 'report/pool-folds',
  summary: 'Out-of-fold predictions: the test rows of every fold of a cross-validation, one after the other',
  cacheVersion: 1,
  draws: false,
  options: Type.Object({}, { additionalProperties: false }),
  inputs: { predictions: port.predictions.many('Predictions of one model, from every fold') },
  outputs: { predictions: port.predictions('Every row once, as the model said it that had not learned from it') },
  plan: ({ inputs: { predictions }, issue }) => {
    const [first] = predictions
    for (const { name, value } of predictions) {
      if (value.partitions !== undefined && !value.partitions.includes('test'))
        issue('in:predictions', `"${name}" has no rows of partition "test"`, { received: value.partitions.join(', ') })
      if (
        first?.value.classNames &&
        value.classNames &&
        first.value.classNames.join('\n') !== value.classNames.join('\n')
      )
        issue('in:predictions', `"${name}" and "${first.name}" have different class lists`, {
          code: 'ERR_CLASS_LIST',
          expected: first.value.classNames.join(', '),
          received: value.classNames.join(', '),
        })
    }
    return { predictions: { classNames: first?.value.classNames, partitions: ['test'] } }
  },
  load: () => import('./pool-folds-node.js'),
})
