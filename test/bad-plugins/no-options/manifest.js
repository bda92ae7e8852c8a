// An operation without options
import { defineOperation, definePlugin, port } from '@etsef/plugin-api'

export default definePlugin({
  name: 'no-options',
  operations: [
    defineOperation({
      kind: 'report',
      type: 'no-options/operation',
      summary: 'An operation without options',
      cacheVersion: 1,
      options: undefined,
      inputs: { features: port.features('rows') },
      outputs: { report: port.report('nothing') },
      load: () => Promise.resolve({ run: () => Promise.reject(new Error('never run')) }),
    }),
  ],
})
