// One of two packages with one namespace
import { defineOperation, definePlugin, port, Type } from '@etsef/plugin-api'

export default definePlugin({
  name: 'one-namespace',
  operations: [
    defineOperation({
      kind: 'report',
      type: 'one-namespace/operation',
      summary: 'One of two packages with one namespace',
      cacheVersion: 1,
      options: Type.Object({}, { additionalProperties: false }),
      inputs: { features: port.features('rows') },
      outputs: { report: port.report('nothing') },
      load: () => Promise.resolve({ run: () => Promise.reject(new Error('never run')) }),
    }),
  ],
})
