// Scores of one class too many
import { defineOperation, definePlugin, port, Type } from '@etsef/plugin-api'

function predictions(batch) {
  const numClasses = batch.classNames.length
  return {
    ...batch,
    kind: 'predictions',
    scores: new Float64Array(batch.ids.length * numClasses).fill(1 / numClasses),
    scoreKind: 'probability',
    predicted: new Int32Array(batch.ids.length),
  }
}

const code = {
  open: () =>
    Promise.resolve({
      apply: (batch) => {
        const given = predictions(batch)
        return Promise.resolve({
          predictions: { ...given, scores: new Float64Array(batch.ids.length * (batch.classNames.length + 1)) },
        })
      },
    }),
}

export default definePlugin({
  name: 'long-scores',
  operations: [
    defineOperation({
      kind: 'map',
      type: 'long-scores/operation',
      summary: 'Scores of one class too many',
      cacheVersion: 1,
      options: Type.Object({}, { additionalProperties: false }),
      inputs: { features: port.features('rows') },
      outputs: { predictions: port.predictions('rows') },
      rows: 'features',
      load: () => Promise.resolve(code),
    }),
  ],
})
