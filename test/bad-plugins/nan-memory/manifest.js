// An operation that needs NaN megabytes
import { defineOperation, definePlugin, port, Type } from '@etsef/plugin-api'

export default definePlugin({
  name: 'nan-memory',
  operations: [
    defineOperation({
      kind: 'report',
      type: 'nan-memory/operation',
      summary: 'An operation that needs NaN megabytes',
      cacheVersion: 1,
      options: Type.Object({}, { additionalProperties: false }),
      inputs: { features: port.features('rows') },
      outputs: { report: port.report('nothing') },
      resources: () => ({ cpus: 1, memoryMb: NaN }),
      load: () => Promise.resolve({ run: () => Promise.reject(new Error('never run')) }),
    }),
  ],
})
