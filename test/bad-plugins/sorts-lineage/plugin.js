// Writes into the lists of its input
import { defineOperation, definePlugin, port, Type } from '@etsef/plugin-api'

const code = {
  open: () =>
    Promise.resolve({
      apply: (batch) => {
        batch.sourceIds[0] = batch.sourceIds[1]
        return Promise.resolve({ features: batch })
      },
    }),
}

export default definePlugin({
  name: 'sorts-lineage',
  operations: [
    defineOperation({
      kind: 'map',
      type: 'sorts-lineage/operation',
      summary: 'Writes into the lists of its input',
      cacheVersion: 1,
      options: Type.Object({}, { additionalProperties: false }),
      inputs: { features: port.features('rows') },
      outputs: { features: port.features('rows') },
      rows: 'features',
      load: () => Promise.resolve(code),
    }),
  ],
})
