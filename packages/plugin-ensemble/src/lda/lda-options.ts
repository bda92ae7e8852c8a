import { Type } from '@etsef/plugin-api'

/** Option of both LDA operations. */
export const shrinkageOption = Type.Number({
  minimum: 0,
  maximum: 1,
  default: 0,
  description: 'Share of the pooled covariance replaced by its mean variance; above 0 for few rows per column',
})
