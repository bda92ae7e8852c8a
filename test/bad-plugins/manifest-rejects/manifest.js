// A manifest that leaves a rejected promise
import { defineOperation, definePlugin, port, Type } from '@etsef/plugin-api'

void Promise.reject(new RangeError('no licence for today'))

export default definePlugin({
  name: 'manifest-rejects',
  operations: [
    defineOperation({
      kind: 'report',
      type: 'manifest-rejects/operation',
      summary: 'A manifest that leaves a rejected promise',
      cacheVersion: 1,
      options: Type.Object({}, { additionalProperties: false }),
      inputs: { features: port.features('rows') },
      outputs: { report: port.report('nothing') },
      load: () => Promise.resolve({ run: () => Promise.reject(new Error('never run')) }),
    }),
  ],
})
