import { defineOperation, Type, type Operation } from '@etsef/plugin-api'
import { abstainInputs, abstainOutputs } from '../members/ports.js'

/** Options of `ensemble/abstain`. */
export const abstainOptions = Type.Object(
  {
    margin: Type.Number({
      minimum: 0,
      maximum: 1,
      default: 0.2,
      description: 'Rows whose two largest scores are closer than this get no answer',
    }),
  },
  { additionalProperties: false },
)

/** `ensemble/abstain`. */
export const abstain: Operation = defineOperation({
  kind: 'map',
  type: 'ensemble/abstain',
  summary: 'Gives no answer where the two largest scores are closer than a margin',
  cacheVersion: 1,
  draws: false,
  options: abstainOptions,
  inputs: abstainInputs,
  outputs: abstainOutputs,
  rows: 'predictions',
  load: async () => (await import('./abstain-node.js')).abstainNode,
})
