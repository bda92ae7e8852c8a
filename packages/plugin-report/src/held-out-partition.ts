import { Type } from '@etsef/plugin-api'

/** Partitions a report may be about. Training rows are left out on purpose: resubstitution scores say nothing. */
export const heldOutPartition = Type.Union([Type.Literal('test'), Type.Literal('val'), Type.Literal('none')], {
  default: 'test',
  description: 'Rows that are reported: test, val, or none (an external set without a split)',
})
