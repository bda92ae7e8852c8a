// Subtracts the mean of all rows of what it joins, test rows among them: read again when it is opened
import { defineOperation, definePlugin, port, Type } from '@etsef/plugin-api'

import { collectFeatures } from '@etsef/plugin-api'

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length
const code = {
  fit: () => Promise.resolve({}),
  save: () => Promise.resolve(),
  load: () => Promise.resolve({}),
  open: async ({ inputs }) => {
    const tables = await Promise.all(inputs.features.map(({ value }) => collectFeatures(value)))
    const shift = mean(tables.flatMap(({ features }) => [...features]))
    return {
      apply: ({ features: [first] }) =>
        Promise.resolve({
          features: { ...first.value, features: first.value.features.map((value) => value - shift) },
        }),
    }
  },
}

export default definePlugin({
  name: 'join-fits-on-test-rows',
  operations: [
    defineOperation({
      kind: 'estimator',
      type: 'join-fits-on-test-rows/operation',
      summary: 'Subtracts the mean of all rows of what it joins, test rows among them',
      cacheVersion: 1,
      options: Type.Object({}, { additionalProperties: false }),
      inputs: { features: port.features.many('rows') },
      outputs: { features: port.features('rows') },
      rows: 'features',
      joins: true,
      fitOn: ['val'],
      supervised: true,
      load: () => Promise.resolve(code),
    }),
  ],
})
