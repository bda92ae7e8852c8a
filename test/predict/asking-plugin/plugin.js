import { collectFeatures, defineOperation, definePlugin, port, Type } from '@etsef/plugin-api'
import { of } from 'rxjs'

const options = Type.Object({}, { additionalProperties: false })

/** What the predictor says of each picture, as this node's own predictions. */
const ask = {
  open: ({ inputs: { predictor } }) =>
    Promise.resolve({ apply: async (images) => ({ predictions: await predictor.apply(images) }) }),
}

/** Learns the mean of all rows and answers in one go: nothing of it could be replayed. */
const centre = {
  run: async ({ inputs }) => {
    const table = await collectFeatures(inputs.features)
    const mean = table.features.reduce((sum, value) => sum + value, 0) / table.features.length
    return { features: of({ ...table, features: table.features.map((value) => value - mean) }) }
  },
}

export default definePlugin({
  name: 'asking',
  operations: [
    defineOperation({
      kind: 'map',
      type: 'asking/ask',
      summary: 'What the predictor of another node says of each picture',
      cacheVersion: 1,
      draws: false,
      options,
      inputs: { images: port.images('pictures'), predictor: port.predictor('who is asked') },
      outputs: { predictions: port.predictions('its answers') },
      rows: 'images',
      load: () => Promise.resolve(ask),
    }),
    defineOperation({
      kind: 'combine',
      type: 'asking/centre',
      summary: 'Subtracts the mean of all rows',
      cacheVersion: 1,
      draws: false,
      options,
      inputs: { features: port.features('rows') },
      outputs: { features: port.features('centred rows') },
      load: () => Promise.resolve(centre),
    }),
  ],
})
