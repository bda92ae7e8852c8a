// Numbers the rows as they come
import { defineOperation, definePlugin, port, Type } from '@etsef/plugin-api'

const code = {
  open: () => {
    let numSeen = 0
    return Promise.resolve({
      apply: (batch) =>
        Promise.resolve({
          features: { ...batch, features: Float32Array.from(batch.ids, () => numSeen++), featureNames: ['number'] },
        }),
    })
  },
}

export default definePlugin({
  name: 'counts-rows',
  operations: [
    defineOperation({
      kind: 'map',
      type: 'counts-rows/operation',
      summary: 'Numbers the rows as they come',
      cacheVersion: 1,
      options: Type.Object({}, { additionalProperties: false }),
      inputs: { features: port.features('rows') },
      outputs: { features: port.features('rows') },
      rows: 'features',
      load: () => Promise.resolve(code),
    }),
  ],
})
