import { activationGradient, createGraphModel, initWeights, loadEngine, withoutHead, type Model } from '@etsef/nn'
import type { PixelImage } from '@etsef/plugin-api'
import { createExplainer, networkInput } from '@etsef/plugin-xai'
import type { Tensor } from '../support/tensor-types.js'
import { expect, test } from 'vitest'
import { tinyNetwork, tinySize } from '../support/tiny-network.js'

const { graph, weights } = tinyNetwork()
const model: Model = { graph, weights, classNames: ['a', 'b', 'c'], preprocessing: 'tf', trainingRecord: {} }

const image = (shift: number): PixelImage => ({
  dtype: 'uint8',
  shape: [tinySize, tinySize, 3],
  data: Uint8Array.from({ length: tinySize * tinySize * 3 }, (_, i) => (i * 31 + shift * (i % 17)) % 256),
})
const images = [image(0), image(5), image(11), image(23)]

test('S7: `predictions[:, 1]` of a headless base is row 1 of its feature map: no class is explained', async () => {
  const engine = await loadEngine({ prefer: 'wasm' })
  const { tf } = engine
  const base = createGraphModel(engine, withoutHead(graph), weights)
  const input = tf.tensor4d(networkInput(images.slice(0, 1), model), [1, tinySize, tinySize, 3])
  const rank = tf.tidy(
    () => base.evaluate(new Map<string, Tensor>([['input', input]]), [graph.lastSpatialNode])[0]!.rank,
  )
  expect(rank).toBe(4)
  const sliced = tf.tidy(() => {
    const [map] = base.evaluate(new Map<string, Tensor>([['input', input]]), [graph.lastSpatialNode])
    // tf_explain: `loss = predictions[:, class_index]`.
    const gradient = tf.grad((value: Tensor) => tf.sum(tf.slice(value, [0, 0], [-1, 1])))(map!)
    return { shape: gradient.shape, values: [...gradient.dataSync()] }
  })
  const rowLength = sliced.values.length / sliced.shape[1]!
  // The "gradient of the class" is 1 on one row of pixels, whatever the network has learned.
  expect(new Set(sliced.values.slice(0, rowLength))).toEqual(new Set([1]))
  expect(sliced.values.slice(rowLength).every((value) => value === 0)).toBe(true)
  expect(() => activationGradient(base, input, graph.lastSpatialNode, [1])).toThrow(/no dense layer of logits/)
  input.dispose()
  base.dispose()
})

test('S7: a network without head is refused', async () => {
  const engine = await loadEngine({ prefer: 'wasm' })
  const headless: Model = { ...model, graph: withoutHead(graph), classNames: [] }
  expect(() => createExplainer(engine, headless, { method: 'grad-cam' })).toThrow(
    expect.objectContaining({ code: 'ERR_SHAPE_MISMATCH' }),
  )
})

test('S7: what is explained is a logit of the deployed head, with the preprocessing of prediction', async () => {
  const engine = await loadEngine({ prefer: 'wasm' })
  const explainer = createExplainer(engine, model, { method: 'grad-cam' })
  const network = createGraphModel(engine, graph, weights)
  const input = engine.tf.tensor4d(networkInput(images, model), [images.length, tinySize, tinySize, 3])
  const [logits] = network.evaluate(new Map<string, Tensor>([['input', input]]), ['logits'])
  const predicted = logits!.arraySync() as number[][]
  const explanations = explainer.explain(images)
  explanations.forEach((explanation, i) => {
    expect([...explanation.logits]).toEqual(predicted[i]!.map((value) => expect.closeTo(value, 5) as number))
    // Global average pooling and one dense layer: the map's sum is logit − bias.
    expect(explanation.additivityResidual).toBeLessThan(1e-4)
  })
  explainer.dispose()
  network.dispose()
  input.dispose()
  logits!.dispose()
})

test('S7: fed image/255, as in the notebook, the same network gives other logits', async () => {
  const engine = await loadEngine({ prefer: 'wasm' })
  const { tf } = engine
  const network = createGraphModel(engine, graph, initWeights(graph, 11))
  const logitsOf = (values: Float32Array): number[] =>
    tf.tidy(() => {
      const input = tf.tensor4d(values, [1, tinySize, tinySize, 3])
      return [...network.evaluate(new Map<string, Tensor>([['input', input]]), ['logits'])[0]!.dataSync()]
    })
  const right = logitsOf(networkInput(images.slice(0, 1), model))
  const notebook = logitsOf(Float32Array.from(images[0]!.data, (value) => value / 255))
  network.dispose()
  expect(Math.max(...right.map((value, k) => Math.abs(value - notebook[k]!)))).toBeGreaterThan(0.01)
})
