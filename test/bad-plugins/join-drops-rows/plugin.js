// Drops the first row of every batch that it joins
import { defineOperation, definePlugin, port, Type } from '@etsef/plugin-api'

import { pickFeatures } from '@etsef/plugin-api'

const code = {
  open: () =>
    Promise.resolve({
      apply: ({ features: [{ value }] }) =>
        Promise.resolve({ features: pickFeatures(value, [...value.ids.keys()].slice(1)) }),
    }),
}

export default definePlugin({
  name: 'join-drops-rows',
  operations: [
    defineOperation({
      kind: 'map',
      type: 'join-drops-rows/operation',
      summary: 'Drops the first row of every batch that it joins',
      cacheVersion: 1,
      options: Type.Object({}, { additionalProperties: false }),
      inputs: { features: port.features.many('rows') },
      outputs: { features: port.features('rows') },
      rows: 'features',
      joins: true,
      load: () => Promise.resolve(code),
    }),
  ],
})
