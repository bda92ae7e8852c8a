// A manifest that waits for what never happens
import { defineOperation, definePlugin, port, Type } from '@etsef/plugin-api'

await new Promise(() => undefined)

export default definePlugin({
  name: 'manifest-waits',
  operations: [
    defineOperation({
      kind: 'report',
      type: 'manifest-waits/operation',
      summary: 'A manifest that waits for what never happens',
      cacheVersion: 1,
      options: Type.Object({}, { additionalProperties: false }),
      inputs: { features: port.features('rows') },
      outputs: { report: port.report('nothing') },
      load: () => Promise.resolve({ run: () => Promise.reject(new Error('never run')) }),
    }),
  ],
})
