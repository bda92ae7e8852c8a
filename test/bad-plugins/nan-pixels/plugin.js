// Pictures whose pixels are not numbers
import { defineOperation, definePlugin, port, Type } from '@etsef/plugin-api'

const code = {
  open: () => Promise.resolve({ apply: ({ load: _, ...batch }) => Promise.resolve({ images: batch }) }),
  loadPixels: async ({ upstream }) => {
    const image = await upstream()
    return { dtype: 'float32', shape: image.shape, data: new Float32Array(image.data.length).fill(NaN) }
  },
}

export default definePlugin({
  name: 'nan-pixels',
  operations: [
    defineOperation({
      kind: 'map',
      type: 'nan-pixels/operation',
      summary: 'Pictures whose pixels are not numbers',
      cacheVersion: 1,
      options: Type.Object({}, { additionalProperties: false }),
      inputs: { images: port.images('rows') },
      outputs: { images: port.images('rows') },
      rows: 'images',
      load: () => Promise.resolve(code),
    }),
  ],
})
