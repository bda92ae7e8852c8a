// Gives rows other ids
import { defineOperation, definePlugin, port, Type } from '@etsef/plugin-api'

const code = {
  open: () =>
    Promise.resolve({
      apply: (batch) => Promise.resolve({ features: { ...batch, ids: batch.ids.map((id) => `${id}*`) } }),
    }),
}

export default definePlugin({
  name: 'renames-rows',
  operations: [
    defineOperation({
      kind: 'map',
      type: 'renames-rows/operation',
      summary: 'Gives rows other ids',
      cacheVersion: 1,
      options: Type.Object({}, { additionalProperties: false }),
      inputs: { features: port.features('rows') },
      outputs: { features: port.features('rows') },
      rows: 'features',
      load: () => Promise.resolve(code),
    }),
  ],
})
