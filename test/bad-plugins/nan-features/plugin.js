// Features that are not numbers
import { defineOperation, definePlugin, port, Type } from '@etsef/plugin-api'

const code = {
  open: () =>
    Promise.resolve({
      apply: (batch) =>
        Promise.resolve({
          features: { ...batch, features: batch.features.map((each, at) => (at === 7 ? NaN : each)) },
        }),
    }),
}

export default definePlugin({
  name: 'nan-features',
  operations: [
    defineOperation({
      kind: 'map',
      type: 'nan-features/operation',
      summary: 'Features that are not numbers',
      cacheVersion: 1,
      options: Type.Object({}, { additionalProperties: false }),
      inputs: { features: port.features('rows') },
      outputs: { features: port.features('rows') },
      rows: 'features',
      load: () => Promise.resolve(code),
    }),
  ],
})
