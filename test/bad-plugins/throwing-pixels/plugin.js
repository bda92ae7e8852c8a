// Cannot give pictures
import { defineOperation, definePlugin, port, Type } from '@etsef/plugin-api'

const code = {
  open: () => Promise.resolve({ apply: ({ load: _, ...batch }) => Promise.resolve({ images: batch }) }),
  loadPixels: async ({ upstream }) => {
    const image = await upstream()
    throw new Error(`no codec for pictures of ${image.shape.join(' x ')}`)
  },
}

export default definePlugin({
  name: 'throwing-pixels',
  operations: [
    defineOperation({
      kind: 'map',
      type: 'throwing-pixels/operation',
      summary: 'Cannot give pictures',
      cacheVersion: 1,
      options: Type.Object({}, { additionalProperties: false }),
      inputs: { images: port.images('rows') },
      outputs: { images: port.images('rows') },
      rows: 'images',
      load: () => Promise.resolve(code),
    }),
  ],
})
