import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createHash } from 'node:crypto'
import { createRng } from '@etsef/plugin-api'
import { lastValueFrom, of, toArray } from 'rxjs'

const classNames = ['a', 'b', 'c']

/** Rows by class, as folders give them; `order` shuffles them. */
function rows(name, { numSamples, draw, order, isSplit }) {
  const byClass = Array.from({ length: numSamples }, (_, at) => ({
    id: draw === 0 ? `${name}-${String(at)}` : `${name}-${String(draw)}-${String(at)}`,
    label: Math.floor((3 * at) / numSamples),
    partition: isSplit ? ['train', 'train', 'train', 'val', 'test'][at % 5] : 'none',
  }))
  const inOrder = order === 0 ? byClass : createRng(order, 'order').shuffle(byClass)
  return {
    ids: inOrder.map(({ id }) => id),
    sourceIds: inOrder.map(({ id }) => createHash('sha256').update(id).digest('hex')),
    labels: Int32Array.from(inOrder, ({ label }) => label),
    groups: inOrder.map(() => ''),
    partitions: inOrder.map(({ partition }) => partition),
    classNames,
  }
}

export const features = {
  run: ({ options }) => {
    const columns = rows('point', options)
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
    const columns = rows('picture', options)
    return Promise.resolve({ images: of({ kind: 'images', ...columns, uris: columns.ids }) })
  },
  loadPixels: ({ row }) => {
    const rng = createRng(1, row.uri)
    return Promise.resolve({
      dtype: 'uint8',
      shape: [4, 4, 1],
      data: Uint8Array.from({ length: 16 }, () => rng.integer(256)),
    })
  },
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

export const accuracy = {
  run: async ({ inputs, ctx }) => {
    const metrics = {}
    for (const { name, value } of inputs.predictions) {
      const batches = await lastValueFrom(value.pipe(toArray()))
      const hits = batches.flatMap(({ partitions, labels, predicted }) =>
        partitions.flatMap((partition, at) => (partition === 'test' ? [Number(labels[at] === predicted[at])] : [])),
      )
      metrics[name] = hits.reduce((sum, hit) => sum + hit, 0) / hits.length
    }
    const dir = ctx.outputDir('report')
    writeFileSync(join(dir, 'accuracy.json'), JSON.stringify(metrics))
    return { report: { kind: 'report', dir, metrics } }
  },
}
