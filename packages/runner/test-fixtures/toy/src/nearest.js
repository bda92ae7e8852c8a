import { collectFeatures } from '@etsef/plugin-api'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export async function fit({ inputs }) {
  const table = await collectFeatures(inputs.features)
  if (table.labels.some((label) => label < 0)) throw new Error('train labels are hidden')
  const width = table.featureNames.length
  const means = table.classNames.map((_, label) => {
    const rows = [...table.labels].flatMap((each, row) => (each === label ? [row] : []))
    return Array.from(
      { length: width },
      (_each, column) => rows.reduce((sum, row) => sum + table.features[row * width + column], 0) / rows.length,
    )
  })
  return { means }
}

export async function save(state, dir) {
  writeFileSync(join(dir, 'state.json'), JSON.stringify(state))
}

export async function load(dir) {
  return JSON.parse(readFileSync(join(dir, 'state.json'), 'utf8'))
}

export async function open({ state }) {
  return {
    async apply(batch) {
      const width = batch.featureNames.length
      const scores = new Float64Array(batch.ids.length * state.means.length)
      const predicted = new Int32Array(batch.ids.length)
      for (let row = 0; row < batch.ids.length; row++) {
        state.means.forEach((mean, label) => {
          scores[row * state.means.length + label] = -mean.reduce(
            (sum, value, column) => sum + (batch.features[row * width + column] - value) ** 2,
            0,
          )
        })
        const own = scores.subarray(row * state.means.length, (row + 1) * state.means.length)
        predicted[row] = own.indexOf(Math.max(...own))
      }
      const { ids, sourceIds, labels, groups, partitions, classNames } = batch
      return {
        predictions: {
          kind: 'predictions',
          ids,
          sourceIds,
          labels,
          groups,
          partitions,
          classNames,
          scores,
          scoreKind: 'margin',
          predicted,
        },
      }
    },
  }
}
