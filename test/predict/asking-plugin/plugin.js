import { collectFeatures, defineOperation, definePlugin, port, Type } from '@etsef/plugin-api'
import { of } from 'rxjs'

const options = Type.Object({}, { additionalProperties: false })

/** What the predictor says of each picture, as this node's own predictions. */
const ask = {
  open: ({ inputs: { predictor } }) =>
    Promise.resolve({ apply: async (images) => ({ predictions: await predictor.apply(images) }) }),
}

/** The same from the middle: pictures as far as the members of the vote, then, without pictures, their answers to the end. */
const askInTwo = {
  open: ({ inputs: { predictor } }) =>
    Promise.resolve({
      apply: async (images) => {
        const rows = await predictor.trace(images)
        const members = predictor.steps.at(-1).reads.map(({ output }) => [output, rows.get(output)])
        const unseen = { ...images, load: () => Promise.reject(new Error('a picture was asked for')) }
        return { predictions: await predictor.apply(unseen, new Map(members)) }
      },
    }),
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
      kind: 'map',
      type: 'asking/ask-in-two',
      summary: 'What the predictor of another node says, from the answers of its members on',
      cacheVersion: 1,
      draws: false,
      options,
      inputs: { images: port.images('pictures'), predictor: port.predictor('who is asked') },
      outputs: { predictions: port.predictions('its answers') },
      rows: 'images',
      load: () => Promise.resolve(askInTwo),
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
