import { createRng, pickFeatures, type FeatureBatch } from '@etsef/plugin-api'
import { someFeatures } from '@etsef/plugin-api/testing'
import { fuseFeatures } from '@etsef/plugin-ensemble'
import { expect, test } from 'vitest'
import { accuracy, chanceBand } from '../support/chance.js'

const width = 8
/** Features of the TL side; the class shows in the first columns. */
const tl = someFeatures({ numSamples: 120, numClasses: 4, numFeatures: width, separation: 6, seed: 1 })
/** The same images through another library, which lists the folder in another order. */
const order = createRng('listing order').shuffle([...tl.ids.keys()])
const ssl = pickFeatures(
  someFeatures({ numSamples: 120, numClasses: 4, numFeatures: width, separation: 6, seed: 2 }),
  order,
)

/** `np.concatenate([tl, ssl], axis=1)`, the labels taken from the TL pass. */
function notebookFuse(left: FeatureBatch, right: FeatureBatch): FeatureBatch {
  if (left.features.length !== right.features.length)
    throw new Error('all the input array dimensions must match exactly')
  const features = new Float32Array(left.features.length + right.features.length)
  left.ids.forEach((_, i) => {
    features.set(left.features.subarray(i * width, (i + 1) * width), 2 * i * width)
    features.set(right.features.subarray(i * width, (i + 1) * width), (2 * i + 1) * width)
  })
  return { ...left, features, featureNames: [...left.featureNames, ...right.featureNames] }
}

/** How well the SSL half of a fused table tells the classes: nearest class mean over the very same rows. */
function separability({ features, labels, classNames }: FeatureBatch): number {
  const half = (i: number): Float32Array => features.subarray((2 * i + 1) * width, (2 * i + 2) * width)
  const means = classNames.map((_, c) => {
    const rows = [...labels.keys()].filter((i) => labels[i] === c)
    return Array.from({ length: width }, (_, j) => rows.reduce((sum, i) => sum + half(i)[j]!, 0) / rows.length)
  })
  const nearest = Int32Array.from(labels, (_, i) => {
    const distances = means.map((mean) => mean.reduce((sum, value, j) => sum + (value - half(i)[j]!) ** 2, 0))
    return distances.indexOf(Math.min(...distances))
  })
  return accuracy(labels, nearest)
}

const inputs = (left: FeatureBatch, right: FeatureBatch) => [
  { name: 'tl', value: left },
  { name: 'ssl', value: right },
]

test('S2: joined by position, another listing order goes unnoticed and the second half of the features is noise', () => {
  // Fitted and scored on the same rows, hence a little above chance.
  expect(separability(notebookFuse(tl, ssl))).toBeLessThan(chanceBand(4, 120).high + 0.1)
})

test('S2: joined by id, any order gives the same table', () => {
  const fused = fuseFeatures(inputs(tl, ssl), { normalize: 'none' })
  expect(separability(fused)).toBeGreaterThan(0.95)
  const inOrder = pickFeatures(ssl, tl.ids.map((id) => ssl.ids.indexOf(id))) // prettier-ignore
  expect(fused).toEqual(fuseFeatures(inputs(tl, inOrder), { normalize: 'none' }))
})

test('S2: one unreadable image on each side shifts rows in silence by position, and is named by id', () => {
  const without = (table: FeatureBatch, id: string): FeatureBatch =>
    pickFeatures(table, [...table.ids.keys()].filter((i) => table.ids[i] !== id)) // prettier-ignore
  const [left, right] = [without(tl, 'row-0003'), without(ssl, 'row-0110')]
  expect(notebookFuse(left, right).ids.length).toBe(119)
  expect(() => fuseFeatures(inputs(left, right), { normalize: 'none' })).toThrow(
    expect.objectContaining({ code: 'ERR_MISSING_ID', message: expect.stringMatching(/row-0003|row-0110/) as string }),
  )
})

test('S2: an image listed twice is named, not joined', () => {
  const doubled = pickFeatures(ssl, [...ssl.ids.keys(), 0])
  expect(() => fuseFeatures(inputs(tl, doubled), { normalize: 'none' })).toThrow(
    expect.objectContaining({ code: 'ERR_DUPLICATE_ID' }),
  )
})
