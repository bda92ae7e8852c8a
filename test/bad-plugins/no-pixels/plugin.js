// Gives no picture
import { defineOperation, definePlugin, port, Type } from '@etsef/plugin-api'

const code = {
  open: () => Promise.resolve({ apply: ({ load: _, ...batch }) => Promise.resolve({ images: batch }) }),
  loadPixels: async ({ upstream }) => {
    const image = await upstream()
    return image.missing
  },
}

export default definePlugin({
  name: 'no-pixels',
  operations: [
    defineOperation({
      kind: 'map',
      type: 'no-pixels/operation',
      summary: 'Gives no picture',
      cacheVersion: 1,
      options: Type.Object({}, { additionalProperties: false }),
      inputs: { images: port.images('rows') },
      outputs: { images: port.images('rows') },
      rows: 'images',
      load: () => Promise.resolve(code),
    }),
  ],
})
