import { collectFeatures } from '@etsef/plugin-api'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export async function fit({ inputs, ctx }) {
  const table = await collectFeatures(inputs.features)
  if (table.labels.some((label) => label !== -1)) throw new Error('labels are visible')
  if (table.partitions.some((partition) => partition !== 'train'))
    throw new Error('rows that are not train are visible')
  const width = table.featureNames.length
  const mean = Array.from(
    { length: width },
    (_, column) =>
      table.ids.reduce((sum, _id, row) => sum + table.features[row * width + column], 0) / table.ids.length,
  )
  ctx.metric('meanOfMeans', mean.reduce((a, b) => a + b, 0) / width)
  return { mean }
}

export async function save(state, dir) {
  writeFileSync(join(dir, 'state.json'), JSON.stringify(state))
}

export async function load(dir) {
  return JSON.parse(readFileSync(join(dir, 'state.json'), 'utf8'))
}

export async function open({ state, options: { k } }) {
  return {
    async apply(batch) {
      if (
        batch.labels.some((label) => label !== -1) ||
        batch.groups.some(Boolean) ||
        batch.partitions.some((each) => each !== 'none')
      )
        throw new Error('something hidden is visible')
      const width = batch.featureNames.length
      const kept = k ?? width
      const features = new Float32Array(batch.ids.length * kept)
      for (let row = 0; row < batch.ids.length; row++)
        for (let column = 0; column < kept; column++)
          features[row * kept + column] = batch.features[row * width + column] - state.mean[column]
      return { features: { ...batch, features, featureNames: batch.featureNames.slice(0, kept) } }
    },
  }
}
