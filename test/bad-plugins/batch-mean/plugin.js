// Subtracts the mean of whatever rows stand in the batch
import { defineOperation, definePlugin, port, Type } from '@etsef/plugin-api'

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length
const code = {
  open: () =>
    Promise.resolve({
      apply: (batch) => {
        const shift = mean(batch.features)
        return Promise.resolve({ features: { ...batch, features: batch.features.map((value) => value - shift) } })
      },
    }),
}

export default definePlugin({
  name: 'batch-mean',
  operations: [
    defineOperation({
      kind: 'map',
      type: 'batch-mean/operation',
      summary: 'Subtracts the mean of whatever rows stand in the batch',
      cacheVersion: 1,
      options: Type.Object({}, { additionalProperties: false }),
      inputs: { features: port.features('rows') },
      outputs: { features: port.features('rows') },
      rows: 'features',
      load: () => Promise.resolve(code),
    }),
  ],
})
