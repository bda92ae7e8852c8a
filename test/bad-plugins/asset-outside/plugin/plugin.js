// The factor lies in no folder of the package, so no version and no digest of its files tells when it changes.
import { defineOperation, definePlugin, port, Type } from '@etsef/plugin-api'

export default definePlugin({
  name: 'asset-outside',
  operations: [
    defineOperation({
      kind: 'map',
      type: 'asset-outside/scale',
      summary: 'Features times a number in a file',
      cacheVersion: 1,
      options: Type.Object({}, { additionalProperties: false }),
      inputs: { features: port.features('rows') },
      outputs: { features: port.features('scaled') },
      rows: 'features',
      load: () => import('./scale.js'),
    }),
  ],
})
