// A combine that says it keeps all rows, and drops one
import { defineOperation, definePlugin, port, Type } from '@etsef/plugin-api'

import { collectFeatures, pickFeatures } from '@etsef/plugin-api'
import { of } from 'rxjs'

const code = {
  run: async ({ inputs }) => {
    const table = await collectFeatures(inputs.features)
    return { features: of(pickFeatures(table, [...table.ids.keys()].slice(1))) }
  },
}

export default definePlugin({
  name: 'combine-drops-rows',
  operations: [
    defineOperation({
      kind: 'combine',
      type: 'combine-drops-rows/operation',
      summary: 'A combine that says it keeps all rows, and drops one',
      cacheVersion: 1,
      options: Type.Object({}, { additionalProperties: false }),
      inputs: { features: port.features('rows') },
      outputs: { features: port.features('rows') },
      load: () => Promise.resolve(code),
    }),
  ],
})
