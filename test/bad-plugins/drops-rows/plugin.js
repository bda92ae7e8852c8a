// Drops the first row of every batch
import { defineOperation, definePlugin, port, Type } from '@etsef/plugin-api'

import { pickFeatures } from '@etsef/plugin-api'

const code = {
  open: () =>
    Promise.resolve({
      apply: (batch) => Promise.resolve({ features: pickFeatures(batch, [...batch.ids.keys()].slice(1)) }),
    }),
}

export default definePlugin({
  name: 'drops-rows',
  operations: [
    defineOperation({
      kind: 'map',
      type: 'drops-rows/operation',
      summary: 'Drops the first row of every batch',
      cacheVersion: 1,
      options: Type.Object({}, { additionalProperties: false }),
      inputs: { features: port.features('rows') },
      outputs: { features: port.features('rows') },
      rows: 'features',
      load: () => Promise.resolve(code),
    }),
  ],
})
