import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createHash } from 'node:crypto'
import { createRng } from '@etsef/plugin-api'
import { lastValueFrom, of, toArray } from 'rxjs'

const classNames = ['a', 'b', 'c']

/** Rows by class, as folders give them; `order` shuffles them. */
function rows(numSamples, name, order) {
  const byClass = Array.from({ length: numSamples }, (_, at) => ({
    id: `${name}-${String(at)}`,
    label: Math.floor((3 * at) / numSamples),
    partition: ['train', 'train', 'train', 'val', 'test'][at % 5],
  }))
  if (order > 0) createRng(order, 'order').shuffle(byClass)
  return {
    ids: byClass.map(({ id }) => id),
    sourceIds: byClass.map(({ id }) => createHash('sha256').update(id).digest('hex')),
    labels: Int32Array.from(byClass, ({ label }) => label),
    groups: byClass.map(() => ''),
    partitions: byClass.map(({ partition }) => partition),
    classNames,
  }
}

export const features = {
  run: ({ options }) => {
    const columns = rows(1000, 'point', options.order)
    const values = columns.ids.flatMap((id) => {
      const rng = createRng(1, id)
      return [rng.normal(), rng.normal()]
    })
    return Promise.resolve({
      features: of({ kind: 'features', ...columns, features: Float32Array.from(values), featureNames: ['x', 'y'] }),
    })
  },
}

export const images = {
  run: ({ options }) => {
    const columns = rows(30, 'picture', options.order)
    return Promise.resolve({ images: of({ kind: 'images', ...columns, uris: columns.ids }) })
  },
  loadPixels: ({ row }) =>
    Promise.resolve({
      dtype: 'uint8',
      shape: [2, 2, 1],
      data: Uint8Array.from({ length: 4 }, (_, at) => 10 * at + row.id.length),
    }),
}

export const means = {
  open: () =>
    Promise.resolve({
      apply: async ({ load, ...batch }) => {
        const values = await Promise.all(
          batch.ids.map(async (_, at) => {
            const { data } = await load(at)
            return data.reduce((sum, value) => sum + value, 0) / data.length
          }),
        )
        return {
          features: { ...batch, kind: 'features', features: Float32Array.from(values), featureNames: ['mean'] },
        }
      },
    }),
}

export const pass = {
  open: () => Promise.resolve({ apply: (batch) => Promise.resolve({ features: batch }) }),
}

export const count = {
  run: async ({ inputs, ctx }) => {
    const [rows$] = Object.values(inputs)
    const batches = await lastValueFrom(rows$.pipe(toArray()), { defaultValue: [] })
    const numSamples = batches.reduce((sum, { ids }) => sum + ids.length, 0)
    const dir = ctx.outputDir('report')
    writeFileSync(join(dir, 'count.json'), JSON.stringify(numSamples))
    return { report: { kind: 'report', dir, metrics: { rows: numSamples } } }
  },
}
