// A manifest that prints
import { defineOperation, definePlugin, port, Type } from '@etsef/plugin-api'

console.log('{ "hello": true }')
console.error('and welcome')

export default definePlugin({
  name: 'manifest-prints',
  operations: [
    defineOperation({
      kind: 'report',
      type: 'manifest-prints/operation',
      summary: 'A manifest that prints',
      cacheVersion: 1,
      options: Type.Object({}, { additionalProperties: false }),
      inputs: { features: port.features('rows') },
      outputs: { report: port.report('nothing') },
      load: () => Promise.resolve({ run: () => Promise.reject(new Error('never run')) }),
    }),
  ],
})
