import { loadEngine, type Model } from '@etsef/nn'
import type { PixelImage } from '@etsef/plugin-api'
import { createExplainer, normalizeMap } from '@etsef/plugin-xai'
import { expect, test } from 'vitest'
import { tinyNetwork, tinySize } from '../support/tiny-network.js'

const { graph, weights } = tinyNetwork()
const model: Model = { graph, weights, classNames: ['a', 'b', 'c'], preprocessing: 'tf', trainingRecord: {} }
/** Pictures of one colour each: the network sees them as different classes. */
const images = [0, 1, 2, 3, 4, 5].map((k): PixelImage => ({
  dtype: 'uint8',
  shape: [tinySize, tinySize, 3],
  data: Uint8Array.from({ length: tinySize * tinySize * 3 }, (_, i) => (i % 3 === k % 3 ? 250 : (i * (k + 3)) % 200)),
}))

/** The combined map of the notebooks: each map through ReLU, divided by its maximum, then the mean. */
function notebookCombine(maps: readonly (readonly number[])[]): number[] {
  const scaled = maps.map((map) => {
    const positive = map.map((value) => Math.max(value, 0))
    return positive.map((value) => value / Math.max(...positive))
  })
  return scaled[0]!.map((_, i) => scaled.reduce((sum, map) => sum + map[i]!, 0) / scaled.length)
}

test('S8: explained is the predicted class of each image, not class 1', async () => {
  const engine = await loadEngine({ prefer: 'wasm' })
  const explainer = createExplainer(engine, model, { method: 'grad-cam' })
  const own = explainer.explain(images)
  const fixed = explainer.explain(images, 1)
  explainer.dispose()
  own.forEach(({ target, predicted, logits }, i) => {
    expect(target).toBe(predicted)
    expect(logits[target]).toBe(Math.max(...logits))
    // A fixed class explains something else wherever it is not the predicted one.
    if (predicted !== 1) expect(fixed[i]!.map).not.toEqual(own[i]!.map)
  })
  expect(own.some(({ predicted }) => predicted !== 1)).toBe(true)
})

test('S8: a map without positive evidence makes the notebooks’ mean NaN; here it is empty and says so', () => {
  const none = [-1, -2, 0, -3]
  const some = [0, 2, 4, -1]
  expect(notebookCombine([none, some]).every((value) => Number.isNaN(value))).toBe(true)
  expect(normalizeMap(none)).toEqual({ values: new Float64Array(4), max: 0, isEmpty: true })
  expect(normalizeMap(some)).toEqual({ values: Float64Array.from([0, 0.5, 1, 0]), max: 4, isEmpty: false })
})
