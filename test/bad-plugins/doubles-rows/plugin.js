// Gives the first row twice and loses the last
import { defineOperation, definePlugin, port, Type } from '@etsef/plugin-api'

import { pickFeatures } from '@etsef/plugin-api'

const code = {
  open: () =>
    Promise.resolve({
      apply: (batch) => Promise.resolve({ features: pickFeatures(batch, [0, ...[...batch.ids.keys()].slice(0, -1)]) }),
    }),
}

export default definePlugin({
  name: 'doubles-rows',
  operations: [
    defineOperation({
      kind: 'map',
      type: 'doubles-rows/operation',
      summary: 'Gives the first row twice and loses the last',
      cacheVersion: 1,
      options: Type.Object({}, { additionalProperties: false }),
      inputs: { features: port.features('rows') },
      outputs: { features: port.features('rows') },
      rows: 'features',
      load: () => Promise.resolve(code),
    }),
  ],
})
