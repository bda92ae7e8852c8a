// Declares that it draws nothing and asks for a generator
import { defineOperation, definePlugin, port, Type } from '@etsef/plugin-api'

const code = {
  open: ({ ctx }) => {
    const shift = ctx.rng('shift').next()
    return Promise.resolve({
      apply: (batch) =>
        Promise.resolve({ features: { ...batch, features: batch.features.map((value) => value + shift) } }),
    })
  },
}

export default definePlugin({
  name: 'asks-for-seed',
  operations: [
    defineOperation({
      kind: 'map',
      type: 'asks-for-seed/operation',
      summary: 'Declares that it draws nothing and asks for a generator',
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
