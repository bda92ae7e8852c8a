import { defineOperation, Type, type Operation } from '@etsef/plugin-api'
import { classifierPorts } from '../../adapter/ports.js'

/** Option of both LDA operations. */
export const shrinkageOption = Type.Number({
  minimum: 0,
  maximum: 1,
  default: 0,
  description: 'Share of the pooled covariance replaced by its mean variance; above 0 for few rows per column',
})

/** `ensemble/lda`. */
export const lda: Operation = defineOperation({
  ...classifierPorts('lda'),
  type: 'ensemble/lda',
  summary: 'Linear discriminant analysis: a Gaussian per class with a common covariance',
  cacheVersion: 2,
  draws: false,
  options: Type.Object({ shrinkage: shrinkageOption }, { additionalProperties: false }),
  load: () => import('./lda-node.js'),
})
