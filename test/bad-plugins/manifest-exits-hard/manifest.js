// A manifest that ends the process, and no guard sees it
import { defineOperation, definePlugin, port, Type } from '@etsef/plugin-api'

process.reallyExit(3)

export default definePlugin({
  name: 'manifest-exits-hard',
  operations: [
    defineOperation({
      kind: 'report',
      type: 'manifest-exits-hard/operation',
      summary: 'A manifest that ends the process, and no guard sees it',
      cacheVersion: 1,
      options: Type.Object({}, { additionalProperties: false }),
      inputs: { features: port.features('rows') },
      outputs: { report: port.report('nothing') },
      load: () => Promise.resolve({ run: () => Promise.reject(new Error('never run')) }),
    }),
  ],
})
