// Reads the class from the id
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
        const classes = batch.ids.map((id) => {
          const at = Number(/^(?:point|row)-(\d+)$/.exec(id)?.[1] ?? NaN) % batch.classNames.length
          if (Number.isNaN(at)) throw new Error(`no class in "${id.replace(/[0-9a-f]{24}/, '…')}"`)
          return at
        })
        return Promise.resolve({ predictions: { ...given, predicted: Int32Array.from(classes) } })
      },
    }),
}

export default definePlugin({
  name: 'reads-names',
  operations: [
    defineOperation({
      kind: 'map',
      type: 'reads-names/operation',
      summary: 'Reads the class from the id',
      cacheVersion: 1,
      options: Type.Object({}, { additionalProperties: false }),
      inputs: { features: port.features('rows') },
      outputs: { predictions: port.predictions('rows') },
      rows: 'features',
      load: () => Promise.resolve(code),
    }),
  ],
})
