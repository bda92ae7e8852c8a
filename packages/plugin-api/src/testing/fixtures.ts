import { createHash } from 'node:crypto'
import type { FeatureBatch } from '../payload/features.js'
import type { ImageBatch } from '../payload/images.js'
import type { PredictionBatch } from '../payload/predictions.js'
import type { Partition, Rows } from '../payload/rows.js'
import { createRng } from '../rng.js'

/** What {@link someRows} makes; everything has a default. */
export interface SomeRowsOptions {
  readonly numSamples?: number
  readonly numClasses?: number
  /** Partition of row i; default: of every ten rows six train, two val, two test. */
  readonly partition?: (index: number) => Partition
  readonly idPrefix?: string
}

/** Rows with classes in turn, a group of its own each, ids `row-0000` … */
export function someRows(options: SomeRowsOptions = {}): Rows {
  const { numSamples = 40, numClasses = 2, idPrefix = 'row-' } = options
  const numPer = (index: number): Partition => {
    const turn = Math.floor(index / numClasses) % 5
    return turn < 3 ? 'train' : turn === 3 ? 'val' : 'test'
  }
  const partition = options.partition ?? numPer
  const indices = Array.from({ length: numSamples }, (_, index) => index)
  const ids = indices.map((index) => `${idPrefix}${String(index).padStart(4, '0')}`)
  return {
    ids,
    sourceIds: ids.map((id) => createHash('sha256').update(id).digest('hex')),
    labels: Int32Array.from(indices, (index) => index % numClasses),
    groups: indices.map((index) => `group-${String(index)}`),
    partitions: indices.map(partition),
    classNames: Array.from({ length: numClasses }, (_, index) => `class${String(index)}`),
  }
}

/** Features drawn around a mean per class: `separation` standard deviations apart on every informative column (the first half). */
export function someFeatures(
  options: SomeRowsOptions & {
    readonly numFeatures?: number
    readonly separation?: number
    readonly seed?: number
  } = {},
): FeatureBatch {
  const { numFeatures = 6, separation = 2, seed = 1 } = options
  const rows = someRows(options)
  const rng = createRng(seed, 'someFeatures')
  const features = new Float32Array(rows.ids.length * numFeatures)
  rows.labels.forEach((label, row) => {
    for (let column = 0; column < numFeatures; column++) {
      const isInformative = column < Math.ceil(numFeatures / 2)
      const side = (column + label) % rows.classNames.length === 0 ? 1 : 0
      features[row * numFeatures + column] = rng.normal() + (isInformative ? separation * side : 0)
    }
  })
  return {
    kind: 'features',
    ...rows,
    features,
    featureNames: Array.from({ length: numFeatures }, (_, index) => `f${String(index)}`),
  }
}

/** Predictions that are right for about `accuracy` of the rows. */
export function somePredictions(
  options: SomeRowsOptions & { readonly accuracy?: number; readonly seed?: number } = {},
): PredictionBatch {
  const { accuracy = 0.8, seed = 1 } = options
  const rows = someRows(options)
  const numClasses = rows.classNames.length
  const rng = createRng(seed, 'somePredictions')
  const scores = new Float64Array(rows.ids.length * numClasses)
  const predicted = Int32Array.from(rows.labels, (label, row) => {
    const choice = rng.next() < accuracy ? label : rng.integer(numClasses)
    for (let k = 0; k < numClasses; k++) scores[row * numClasses + k] = k === choice ? 0.6 : 0.4 / (numClasses - 1)
    return choice
  })
  return { kind: 'predictions', ...rows, scores, scoreKind: 'probability', predicted }
}

/** Small RGB pictures: noise, with a bright square whose corner depends on the class. */
export function someImages(
  options: SomeRowsOptions & { readonly size?: number; readonly seed?: number } = {},
): ImageBatch {
  const { size = 16, seed = 1 } = options
  const rows = someRows(options)
  return {
    kind: 'images',
    ...rows,
    uris: rows.ids,
    parentIds: rows.ids,
    transforms: rows.ids.map(() => []),
    load: (index) => {
      const rng = createRng(seed, 'someImages', index)
      const data = Uint8Array.from({ length: size * size * 3 }, () => rng.integer(100))
      const label = rows.labels[index]!
      const half = Math.floor(size / 2)
      const [top, left] = [(label & 1) * half, ((label >> 1) & 1) * half]
      for (let y = top; y < top + half; y++) {
        for (let x = left; x < left + half; x++) data.fill(200, (y * size + x) * 3, (y * size + x) * 3 + 3)
      }
      return Promise.resolve({ dtype: 'uint8', shape: [size, size, 3], data })
    },
  }
}
