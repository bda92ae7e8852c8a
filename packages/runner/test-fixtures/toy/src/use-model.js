import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export async function open({ inputs: { model } }) {
  const { means } = JSON.parse(readFileSync(join(model.dir, 'state.json'), 'utf8'))
  return {
    async apply(batch) {
      const width = batch.featureNames.length
      const features = new Float32Array(batch.ids.length * means.length)
      for (let row = 0; row < batch.ids.length; row++)
        means.forEach(
          (mean, label) =>
            (features[row * means.length + label] = mean.reduce(
              (sum, value, column) => sum + Math.abs(batch.features[row * width + column] - value),
              0,
            )),
        )
      return { features: { ...batch, features, featureNames: means.map((_, i) => `to${i}`) } }
    },
  }
}
