// Pictures whose bytes are said to be floats
import { defineOperation, definePlugin, port, Type } from '@etsef/plugin-api'

const code = {
  open: () => Promise.resolve({ apply: ({ load: _, ...batch }) => Promise.resolve({ images: batch }) }),
  loadPixels: async ({ upstream }) => {
    const image = await upstream()
    return { ...image, dtype: 'float32' }
  },
}

export default definePlugin({
  name: 'other-dtype',
  operations: [
    defineOperation({
      kind: 'map',
      type: 'other-dtype/operation',
      summary: 'Pictures whose bytes are said to be floats',
      cacheVersion: 1,
      options: Type.Object({}, { additionalProperties: false }),
      inputs: { images: port.images('rows') },
      outputs: { images: port.images('rows') },
      rows: 'images',
      load: () => Promise.resolve(code),
    }),
  ],
})
