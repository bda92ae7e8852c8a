// Draws from a generator without a seed
import { defineOperation, definePlugin, port, Type } from '@etsef/plugin-api'

const code = {
  open: () =>
    Promise.resolve({
      apply: (batch) => Promise.resolve({ features: { ...batch, features: batch.features.map(() => Math.random()) } }),
    }),
}

export default definePlugin({
  name: 'random-rows',
  operations: [
    defineOperation({
      kind: 'map',
      type: 'random-rows/operation',
      summary: 'Draws from a generator without a seed',
      cacheVersion: 1,
      options: Type.Object({}, { additionalProperties: false }),
      inputs: { features: port.features('rows') },
      outputs: { features: port.features('rows') },
      rows: 'features',
      load: () => Promise.resolve(code),
    }),
  ],
})
