// A manifest that throws
import { defineOperation, definePlugin, port, Type } from '@etsef/plugin-api'

if (port) throw new RangeError('no licence for today')

export default definePlugin({
  name: 'manifest-throws',
  operations: [
    defineOperation({
      kind: 'report',
      type: 'manifest-throws/operation',
      summary: 'A manifest that throws',
      cacheVersion: 1,
      options: Type.Object({}, { additionalProperties: false }),
      inputs: { features: port.features('rows') },
      outputs: { report: port.report('nothing') },
      load: () => Promise.resolve({ run: () => Promise.reject(new Error('never run')) }),
    }),
  ],
})
