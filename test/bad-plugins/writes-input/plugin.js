// Works in the place of its input
import { defineOperation, definePlugin, port, Type } from '@etsef/plugin-api'

const code = {
  open: () =>
    Promise.resolve({
      apply: (batch) => {
        for (let at = 0; at < batch.features.length; at++) batch.features[at] *= 2
        return Promise.resolve({ features: batch })
      },
    }),
}

export default definePlugin({
  name: 'writes-input',
  operations: [
    defineOperation({
      kind: 'map',
      type: 'writes-input/operation',
      summary: 'Works in the place of its input',
      cacheVersion: 1,
      options: Type.Object({}, { additionalProperties: false }),
      inputs: { features: port.features('rows') },
      outputs: { features: port.features('rows') },
      rows: 'features',
      load: () => Promise.resolve(code),
    }),
  ],
})
