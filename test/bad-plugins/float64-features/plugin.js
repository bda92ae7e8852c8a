// Features as 64-bit floats
import { defineOperation, definePlugin, port, Type } from '@etsef/plugin-api'

const code = {
  open: () =>
    Promise.resolve({
      apply: (batch) => Promise.resolve({ features: { ...batch, features: Float64Array.from(batch.features) } }),
    }),
}

export default definePlugin({
  name: 'float64-features',
  operations: [
    defineOperation({
      kind: 'map',
      type: 'float64-features/operation',
      summary: 'Features as 64-bit floats',
      cacheVersion: 1,
      options: Type.Object({}, { additionalProperties: false }),
      inputs: { features: port.features('rows') },
      outputs: { features: port.features('rows') },
      rows: 'features',
      load: () => Promise.resolve(code),
    }),
  ],
})
