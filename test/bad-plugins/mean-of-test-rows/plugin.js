// Subtracts the mean of all rows, test rows among them
import { defineOperation, definePlugin, port, Type } from '@etsef/plugin-api'

import { collectFeatures } from '@etsef/plugin-api'
import { of } from 'rxjs'

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length
const code = {
  run: async ({ inputs }) => {
    const table = await collectFeatures(inputs.features)
    const shift = mean(table.features)
    return { features: of({ ...table, features: table.features.map((value) => value - shift) }) }
  },
}

export default definePlugin({
  name: 'mean-of-test-rows',
  operations: [
    defineOperation({
      kind: 'combine',
      type: 'mean-of-test-rows/operation',
      summary: 'Subtracts the mean of all rows, test rows among them',
      cacheVersion: 1,
      options: Type.Object({}, { additionalProperties: false }),
      inputs: { features: port.features('rows') },
      outputs: { features: port.features('rows') },
      load: () => Promise.resolve(code),
    }),
  ],
})
