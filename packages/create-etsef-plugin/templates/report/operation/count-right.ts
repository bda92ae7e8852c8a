import { defineOperation, port, Type, type Operation } from '@etsef/plugin-api'

export const options = Type.Object(
  {
    partition: Type.Enum(['val', 'test'], { default: 'test', description: 'Rows that are counted' }),
  },
  { additionalProperties: false },
)
export const inputs = { predictions: port.predictions('Predictions') }
export const outputs = { report: port.report('counts.json, and a table') }

/** `example/count-right`. */
export const countRight: Operation = defineOperation({
  kind: 'report',
  type: 'example/count-right',
  summary: 'How many rows of each class were predicted right',
  cacheVersion: 1,
  options,
  inputs,
  outputs,
  load: () => import('./count-right-node.js'),
})
