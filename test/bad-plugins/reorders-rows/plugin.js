// Gives rows in the opposite order
import { defineOperation, definePlugin, port, Type } from '@etsef/plugin-api'

import { pickFeatures } from '@etsef/plugin-api'

const code = {
  open: () =>
    Promise.resolve({
      apply: (batch) => Promise.resolve({ features: pickFeatures(batch, [...batch.ids.keys()].reverse()) }),
    }),
}

export default definePlugin({
  name: 'reorders-rows',
  operations: [
    defineOperation({
      kind: 'map',
      type: 'reorders-rows/operation',
      summary: 'Gives rows in the opposite order',
      cacheVersion: 1,
      options: Type.Object({}, { additionalProperties: false }),
      inputs: { features: port.features('rows') },
      outputs: { features: port.features('rows') },
      rows: 'features',
      load: () => Promise.resolve(code),
    }),
  ],
})
