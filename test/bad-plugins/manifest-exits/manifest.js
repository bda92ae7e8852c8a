// A manifest that ends the process
import { defineOperation, definePlugin, port, Type } from '@etsef/plugin-api'

if (process.argv.length > 0) process.exit(3)

export default definePlugin({
  name: 'manifest-exits',
  operations: [
    defineOperation({
      kind: 'report',
      type: 'manifest-exits/operation',
      summary: 'A manifest that ends the process',
      cacheVersion: 1,
      options: Type.Object({}, { additionalProperties: false }),
      inputs: { features: port.features('rows') },
      outputs: { report: port.report('nothing') },
      load: () => Promise.resolve({ run: () => Promise.reject(new Error('never run')) }),
    }),
  ],
})
