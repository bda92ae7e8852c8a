// A manifest that never stops
import { defineOperation, definePlugin, port, Type } from '@etsef/plugin-api'

for (let busy = true; busy;) if (busy === undefined) break

export default definePlugin({
  name: 'manifest-hangs',
  operations: [
    defineOperation({
      kind: 'report',
      type: 'manifest-hangs/operation',
      summary: 'A manifest that never stops',
      cacheVersion: 1,
      options: Type.Object({}, { additionalProperties: false }),
      inputs: { features: port.features('rows') },
      outputs: { report: port.report('nothing') },
      load: () => Promise.resolve({ run: () => Promise.reject(new Error('never run')) }),
    }),
  ],
})
