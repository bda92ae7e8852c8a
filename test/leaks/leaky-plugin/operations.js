import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { collectFeatures, collectImages, collectPredictions, pickFeatures, rowsOf } from '@etsef/plugin-api'
import { of } from 'rxjs'

const opened = (apply) => ({
  open: () => Promise.resolve({ apply: (batch) => Promise.resolve({ features: apply(batch) }) }),
})
const batchOf = (rows, features, featureNames) => ({ kind: 'features', ...rows, features, featureNames })
const all = (batch) => [...batch.ids.keys()]

/** Mean of each quadrant of the picture, per channel. */
async function quadrants(batch) {
  const width = 12
  const features = new Float32Array(batch.ids.length * width)
  for (const row of all(batch)) {
    const { data, shape } = await batch.load(row)
    const [height, columns, channels] = shape
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < columns; x++) {
        const quadrant = (y * 2 >= height ? 2 : 0) + (x * 2 >= columns ? 1 : 0)
        for (let c = 0; c < 3; c++)
          features[row * width + quadrant * 3 + c] +=
            (4 * data[(y * columns + x) * channels + Math.min(c, channels - 1)]) / (height * columns)
      }
    }
  }
  return batchOf(
    rowsOf(batch),
    features,
    Array.from({ length: width }, (_, j) => `q${j}`),
  )
}

export const pixels = {
  open: () => Promise.resolve({ apply: async (batch) => ({ features: await quadrants(batch) }) }),
}

/** Every pixel's first channel, sorted: order statistics of the picture. */
export const rawPixels = {
  open: () =>
    Promise.resolve({
      apply: async (batch) => {
        const pictures = await Promise.all(all(batch).map((row) => batch.load(row)))
        const width = pictures[0].shape[0] * pictures[0].shape[1]
        const features = new Float32Array(pictures.length * width)
        pictures.forEach(({ data, shape }, i) => {
          const values = Float32Array.from({ length: width }, (_, j) => data[j * shape[2]])
          features.set(values.sort(), i * width)
        })
        return {
          features: batchOf(
            rowsOf(batch),
            features,
            Array.from({ length: width }, (_, j) => `p${j}`),
          ),
        }
      },
    }),
}

const plain = ({ ids, sourceIds, labels, groups, partitions, classNames }) => ({
  ids,
  sourceIds,
  labels: [...labels],
  groups,
  partitions,
  classNames,
})

async function writeReport(ctx, content) {
  const dir = ctx.outputDir('report')
  mkdirSync(dir, { recursive: true })
  writeFileSync(join(dir, 'rows.json'), JSON.stringify(content))
  return { report: { kind: 'report', dir, metrics: {} } }
}

export const dump = {
  run: async ({ inputs, ctx }) => {
    const table = await collectFeatures(inputs.features)
    return writeReport(ctx, { ...plain(table), features: [...table.features], featureNames: table.featureNames })
  },
}
export const dumpPredictions = {
  run: async ({ inputs, ctx }) => {
    const table = await collectPredictions(inputs.predictions)
    return writeReport(ctx, { ...plain(table), predicted: [...table.predicted] })
  },
}

export const reorder = {
  run: async ({ inputs }) => {
    const table = await collectFeatures(inputs.features)
    return { features: of(pickFeatures(table, all(table).reverse())) }
  },
}

/** Learns the mean of each column; its state is one JSON file. */
const means = {
  save: async (state, dir) => {
    writeFileSync(join(dir, 'state.json'), JSON.stringify(state))
  },
  load: async (dir) => JSON.parse(readFileSync(join(dir, 'state.json'), 'utf8')),
}
async function meanOf(images) {
  const table = await quadrants(await collectImages(images))
  const width = table.featureNames.length
  return Array.from(
    { length: width },
    (_, j) => all(table).reduce((sum, i) => sum + table.features[i * width + j], 0) / table.ids.length,
  )
}
export const pretrain = { ...means, fit: ({ inputs }) => meanOf(inputs.images), open: pixels.open }
export const contrast = { ...means, fit: ({ inputs }) => meanOf(inputs.images) }
export const extract = pixels

/** Two patients' worth of the same picture: equal sourceIds, own groups. */
export const twins = {
  run: async () => {
    const ids = Array.from({ length: 40 }, (_, i) => `twin-${String(i).padStart(2, '0')}`)
    const labels = Int32Array.from(ids, (_, i) => Math.floor(i / 2) % 2)
    const sourceIds = ids.map((_, i) => `picture-${Math.floor(i / 2)}`)
    return {
      images: of({
        kind: 'images',
        ids,
        uris: ids,
        sourceIds,
        labels,
        groups: ids.map((id) => `patient of ${id}`),
        partitions: ids.map(() => 'none'),
        classNames: ['a', 'b'],
      }),
    }
  },
  loadPixels: async () => ({ dtype: 'uint8', shape: [8, 8, 3], data: new Uint8Array(192) }),
}

const vote = (batch, predicted) => {
  const k = batch.classNames.length
  const scores = new Float64Array(batch.ids.length * k).fill(1 / k)
  return {
    kind: 'predictions',
    ...rowsOf(batch),
    scores,
    scoreKind: 'probability',
    predicted: Int32Array.from(predicted),
  }
}

/** Learns id → label by heart, from every row it is shown, and says in metrics what it was shown. */
export const memorize = {
  ...means,
  fit: async ({ inputs, ctx }) => {
    const state = {}
    for (const rows of [inputs.features, inputs.side].filter(Boolean)) {
      const table = await collectFeatures(rows)
      all(table).forEach((i) => {
        state[table.ids[i]] = table.labels[i]
      })
      for (const partition of ['train', 'val', 'test', 'none']) {
        ctx.metric(
          `${rows === inputs.side ? 'side' : 'rows'}.${partition}`,
          table.partitions.filter((own) => own === partition).length,
        )
      }
    }
    return state
  },
  open: ({ state }) =>
    Promise.resolve({
      apply: async (batch) => ({
        predictions: vote(
          batch,
          batch.ids.map((id) => state[id] ?? -1),
        ),
        features: batch,
      }),
    }),
}

export const peekInApply = {
  ...memorize,
  open: async ({ ctx, state: _ }) => {
    const seen = { labels: 0, groups: 0, partitions: 0 }
    return {
      apply: async (batch) => {
        seen.labels += batch.labels.filter((label) => label >= 0).length
        seen.groups += batch.groups.filter((group) => group !== '').length
        seen.partitions += batch.partitions.filter((partition) => partition !== 'none').length
        for (const [name, count] of Object.entries(seen)) ctx.metric(`seen.${name}`, count)
        return { predictions: vote(batch, batch.labels) }
      },
    }
  },
}

/** The class that a name tells: `brain-t1/normal/p0000-0`, `glioma/scan.png`; the first where it tells none. */
const classIn = (classNames, ...names) =>
  Math.max(
    0,
    classNames.findIndex((each) => names.some((name) => name.split('/').includes(each))),
  )

/** Reads the class off the id. */
export const readIds = {
  ...memorize,
  open: () =>
    Promise.resolve({
      apply: async (batch) => ({
        predictions: vote(
          batch,
          batch.ids.map((id) => classIn(batch.classNames, id)),
        ),
      }),
    }),
}

/** Reads the class off where the picture lies, what it was made from and what was done to it. */
export const readUris = {
  open: async () => ({
    apply: async (batch) => ({
      predictions: vote(
        batch,
        all(batch).map((i) =>
          classIn(
            batch.classNames,
            batch.uris[i],
            batch.parentIds[i],
            batch.groups[i],
            JSON.stringify(batch.transforms[i]).replaceAll('"', '/'),
          ),
        ),
      ),
    }),
  }),
}

/** Paints the class into the picture while it is loaded, as the name that loading is given tells it. */
export const paintNames = {
  open: async () => ({ apply: async ({ load: _, ...batch }) => ({ images: batch }) }),
  loadPixels: async ({ row, upstream }) => {
    const image = await upstream()
    return {
      ...image,
      data: image.data.map(() => 1 + classIn(['normal', 'nodule', 'ring', 'diffuse'], row.id, row.uri)),
    }
  },
}

/** Reads the class of test rows, whose labels it does not see, off their ids and groups. */
export const readTestNames = {
  run: async ({ inputs }) => {
    const table = await collectFeatures(inputs.features)
    const predicted = all(table).map((i) => classIn(table.classNames, table.ids[i], table.groups[i]))
    return { predictions: of(vote(table, predicted)) }
  },
}

/** Refuses the first row by name. */
export const refuseRow = {
  open: async () => ({
    apply: async (batch) => {
      throw new Error(`row "${batch.ids[0]}" is not what it should be`)
    },
  }),
}

/** Statistics of all rows that a stream gives, test rows included. */
async function statisticsOf(features, ctx) {
  const table = features === undefined ? undefined : await collectFeatures(features)
  ctx.metric('seen.rows', table?.ids.length ?? 0)
  ctx.metric('seen.labels', table?.labels.filter((label) => label >= 0).length ?? 0)
}
const peekThenPass = {
  open: async ({ inputs, ctx }) => {
    await statisticsOf(inputs.features, ctx)
    return { apply: async (batch) => ({ features: batch }) }
  },
}
export const standardizeAll = peekThenPass
export const peekInOpen = { ...means, fit: async () => ({}), open: peekThenPass.open }

export const relabel = opened((batch) => ({
  ...batch,
  labels: batch.labels.map(() => 0),
  groups: batch.ids.map(() => 'one'),
  partitions: batch.ids.map(() => 'train'),
  sourceIds: batch.ids.map(() => 'same'),
}))
export const dropRows = opened((batch) => pickFeatures(batch, all(batch).slice(1)))
export const doubleRows = opened((batch) => pickFeatures(batch, [0, ...all(batch).slice(0, -1)]))
export const inventIds = opened((batch) => ({
  ...batch,
  ids: batch.ids.map((id, i) => (i === 0 ? `${id} (better)` : id)),
}))
export const shuffleRows = opened((batch) => pickFeatures(batch, all(batch).reverse()))

/** Hands each picture to the next row of the batch, labels stay: rows of test pictures come under ids of train rows. */
export const swapPictures = {
  open: async () => ({
    apply: async ({ load: _, ...batch }) => ({
      images: { ...batch, uris: batch.uris.map((_, i) => batch.uris[(i + 1) % batch.uris.length]) },
    }),
  }),
}

export const readLabels = {
  run: async ({ inputs, ctx }) => {
    const table = await collectFeatures(inputs.features)
    for (const partition of ['train', 'val', 'test']) {
      ctx.metric(
        `labels.${partition}`,
        all(table).filter((i) => table.partitions[i] === partition && table.labels[i] >= 0).length,
      )
    }
    return { predictions: of(vote(table, table.labels)) }
  },
}

const given = ({ load: _, ...batch }) => batch

/** Paints the label into the picture, upstream of every split. */
export const labelInPixels = {
  run: async ({ inputs, ctx }) => {
    const batch = await collectImages(inputs.images)
    ctx.metric('seen.labels', batch.labels.filter((label) => label >= 0).length)
    return { images: of({ ...given(batch), parameters: [...batch.labels] }) }
  },
  loadPixels: async ({ upstream, parameters }) => {
    const image = await upstream()
    return { ...image, data: image.data.map(() => parameters + 1) }
  },
}

export const toTrain = {
  run: async ({ inputs }) => {
    const table = await collectFeatures(inputs.features)
    return { features: of({ ...table, partitions: table.ids.map(() => 'train'), labels: table.labels.map(() => 0) }) }
  },
}

/** Every fifth file is a test file; groups do not matter. */
export const splitByFile = {
  run: async ({ inputs }) => {
    const batch = given(await collectImages(inputs.images))
    return { images: of({ ...batch, partitions: batch.ids.map((_, i) => (i % 5 === 0 ? 'test' : 'train')) }) }
  },
}

const copyOf = (batch, rows, rename, parent) => ({
  ...batch,
  ids: [...batch.ids, ...rows.map((i) => rename(batch.ids[i]))],
  uris: [...batch.uris, ...rows.map((i) => batch.uris[i])],
  parentIds: [...batch.ids, ...rows.map((i) => parent(batch.ids[i]))],
  sourceIds: [],
  labels: new Int32Array(0),
  groups: [],
  partitions: [],
})
const ofPartition = (batch, wanted) => all(batch).filter((i) => batch.partitions[i] === wanted)

export const augmentTest = {
  run: async ({ inputs }) => {
    const batch = given(await collectImages(inputs.images))
    return {
      images: of(
        copyOf(
          batch,
          ofPartition(batch, 'test'),
          (id) => `${id}~copy`,
          (id) => id,
        ),
      ),
    }
  },
}
export const dropTest = {
  run: async ({ inputs }) => {
    const batch = given(await collectImages(inputs.images))
    const kept = all(batch).filter((i) => batch.partitions[i] !== 'test')
    return {
      images: of({
        ...batch,
        ids: kept.map((i) => batch.ids[i]),
        uris: kept.map((i) => batch.uris[i]),
        parentIds: kept.map((i) => batch.ids[i]),
        transforms: undefined,
      }),
    }
  },
}
/** New rows that say they come from train rows, with the pictures of test rows. */
export const copiesOfTestPictures = {
  run: async ({ inputs }) => {
    const batch = given(await collectImages(inputs.images))
    const parent = batch.ids[ofPartition(batch, 'train')[0]]
    return {
      images: of(
        copyOf(
          batch,
          ofPartition(batch, 'test'),
          (id) => `${id}~copy`,
          () => parent,
        ),
      ),
    }
  },
}
export const fitInCombine = {
  run: async ({ inputs, ctx }) => {
    const dir = ctx.outputDir('model')
    writeFileSync(join(dir, 'state.json'), JSON.stringify(await meanOf(inputs.images)))
    return { model: { kind: 'model', dir } }
  },
}

export const pass = { run: async ({ inputs }) => ({ features: inputs.features }) }
