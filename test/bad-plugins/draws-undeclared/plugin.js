// Declares that it draws nothing and draws from a generator without a seed
import { defineOperation, definePlugin, port, Type } from '@etsef/plugin-api'

const code = {
  open: () => {
    const shift = Math.random()
    return Promise.resolve({
      apply: (batch) =>
        Promise.resolve({ features: { ...batch, features: batch.features.map((value) => value + shift) } }),
    })
  },
}

export default definePlugin({
  name: 'draws-undeclared',
  operations: [
    defineOperation({
      kind: 'map',
      type: 'draws-undeclared/operation',
      summary: 'Declares that it draws nothing and draws from a generator without a seed',
      cacheVersion: 1,
      draws: false,
      options: Type.Object({}, { additionalProperties: false }),
      inputs: { features: port.features('rows') },
      outputs: { features: port.features('rows') },
      rows: 'features',
      load: () => Promise.resolve(code),
    }),
  ],
})
