// Another picture each time it is asked
import { defineOperation, definePlugin, port, Type } from '@etsef/plugin-api'

const code = {
  open: () => Promise.resolve({ apply: ({ load: _, ...batch }) => Promise.resolve({ images: batch }) }),
  loadPixels: async ({ upstream }) => {
    const image = await upstream()
    return { ...image, data: image.data.map((value) => value ^ (256 * Math.random())) }
  },
}

export default definePlugin({
  name: 'random-pixels',
  operations: [
    defineOperation({
      kind: 'map',
      type: 'random-pixels/operation',
      summary: 'Another picture each time it is asked',
      cacheVersion: 1,
      options: Type.Object({}, { additionalProperties: false }),
      inputs: { images: port.images('rows') },
      outputs: { images: port.images('rows') },
      rows: 'images',
      load: () => Promise.resolve(code),
    }),
  ],
})
