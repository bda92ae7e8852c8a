import { Type } from '@etsef/plugin-api'
import type { Static } from '@etsef/plugin-api'

/** Partitions a report may be about. Training rows are left out on purpose: resubstitution scores say nothing. */
export const heldOutPartition = Type.Union([Type.Literal('test'), Type.Literal('val'), Type.Literal('none')], {
  default: 'test',
  description: 'Rows that are reported: test, val, or none (an external set without a split)',
})

/** Options of `report/evaluate`. */
export const evaluateOptions = Type.Object(
  {
    partition: heldOutPartition,
    primaryMetric: Type.Union([Type.Literal('balancedAccuracy'), Type.Literal('accuracy'), Type.Literal('macroF1')], {
      default: 'balancedAccuracy',
      description: 'The metric declared before the run: stands first and is compared between inputs',
    }),
    confidence: Type.Number({
      exclusiveMinimum: 0.5,
      exclusiveMaximum: 1,
      default: 0.95,
      description: 'Level of the intervals',
    }),
    resamples: Type.Integer({
      minimum: 100,
      maximum: 100_000,
      default: 2000,
      description: 'Cluster-bootstrap resamples',
    }),
    reference: Type.String({
      default: '',
      description: 'Input that the others are compared with, by node name; empty for the last one',
    }),
  },
  { additionalProperties: false },
)

/** Options of `report/evaluate`, defaults filled in. */
export type EvaluateOptions = Static<typeof evaluateOptions>
