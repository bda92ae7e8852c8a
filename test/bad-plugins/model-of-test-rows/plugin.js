// A model of the features of all rows it is shown, made by a combine
import { defineOperation, definePlugin, port, Type } from '@etsef/plugin-api'

import { collectFeatures } from '@etsef/plugin-api'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

const code = {
  run: async ({ inputs, ctx }) => {
    const { partitions } = await collectFeatures(inputs.features)
    for (const each of ['train', 'val', 'test'])
      ctx.metric(`rows.${each}`, partitions.filter((partition) => partition === each).length)
    const dir = ctx.outputDir('model')
    writeFileSync(join(dir, 'model.json'), JSON.stringify(partitions))
    return { model: { kind: 'model', dir } }
  },
}

export default definePlugin({
  name: 'model-of-test-rows',
  operations: [
    defineOperation({
      kind: 'combine',
      type: 'model-of-test-rows/operation',
      summary: 'A model of the features of all rows it is shown, made by a combine',
      cacheVersion: 1,
      options: Type.Object({}, { additionalProperties: false }),
      inputs: { features: port.features('rows') },
      outputs: { model: port.model('what was learned', { modelKind: 'projection' }) },
      load: () => Promise.resolve(code),
    }),
  ],
})
