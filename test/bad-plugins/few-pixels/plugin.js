// Pictures with fewer pixels than their shape says
import { defineOperation, definePlugin, port, Type } from '@etsef/plugin-api'

const code = {
  open: () => Promise.resolve({ apply: ({ load: _, ...batch }) => Promise.resolve({ images: batch }) }),
  loadPixels: async ({ upstream }) => {
    const image = await upstream()
    return { ...image, data: image.data.slice(1) }
  },
}

export default definePlugin({
  name: 'few-pixels',
  operations: [
    defineOperation({
      kind: 'map',
      type: 'few-pixels/operation',
      summary: 'Pictures with fewer pixels than their shape says',
      cacheVersion: 1,
      options: Type.Object({}, { additionalProperties: false }),
      inputs: { images: port.images('rows') },
      outputs: { images: port.images('rows') },
      rows: 'images',
      load: () => Promise.resolve(code),
    }),
  ],
})
