// A manifest that leaves a timer running
import { defineOperation, definePlugin, port, Type } from '@etsef/plugin-api'

setInterval(() => undefined, 1000)

export default definePlugin({
  name: 'manifest-keeps-open',
  operations: [
    defineOperation({
      kind: 'report',
      type: 'manifest-keeps-open/operation',
      summary: 'A manifest that leaves a timer running',
      cacheVersion: 1,
      options: Type.Object({}, { additionalProperties: false }),
      inputs: { features: port.features('rows') },
      outputs: { report: port.report('nothing') },
      load: () => Promise.resolve({ run: () => Promise.reject(new Error('never run')) }),
    }),
  ],
})
