import { defineOperation, Type, type Operation } from '@etsef/plugin-api'
import { memberInputs, memberReportOutputs } from '../members/ports.js'

/** Options of `ensemble/oracle`. */
export const oracleOptions = Type.Object(
  {
    partition: Type.Union([Type.Literal('val'), Type.Literal('test')], {
      default: 'test',
      description: 'Rows reported on',
    }),
  },
  { additionalProperties: false },
)

/** `ensemble/oracle`. */
export const oracle: Operation = defineOperation({
  kind: 'report',
  type: 'ensemble/oracle',
  summary: 'How good a combination of these members could be at best, and how much they differ in their errors',
  cacheVersion: 1,
  draws: false,
  options: oracleOptions,
  inputs: memberInputs,
  outputs: memberReportOutputs,
  load: async () => (await import('./oracle-node.js')).oracleNode,
})
