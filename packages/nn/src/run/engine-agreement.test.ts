import type { Scalar, Tensor } from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { bothEngines, testEngines } from '../engine/test-engines.js'
import { loadEngine } from '../engine/load-engine.js'
import type { Graph, Operation } from '../graph/graph.js'
import { initWeights } from '../graph/init-weights.js'
import { uniformStream } from '../graph/random.js'
import { createGraphModel } from './graph-model.js'

/** Every operation, odd sizes, strides, explicit and asymmetric padding. */
function zoo(): Graph {
  const layers: (Operation & { inputs?: string[] })[] = [
    { op: 'rescale', scale: [1, 0.5, 2], offset: [0, 0.1, -0.1] },
    { op: 'conv', filters: 8, kernel: [3, 3], strides: [2, 2], padding: [1, 1, 1, 1], bias: true },
    { op: 'batchNorm', epsilon: 1e-3, momentum: 0.9, scale: true, center: true },
    { op: 'activation', activation: 'relu6' },
    { op: 'depthwiseConv', kernel: [3, 3], strides: [1, 1], padding: 'same', bias: false },
    { op: 'batchNorm', epsilon: 1e-5, momentum: 0.9, scale: false, center: true },
    { op: 'activation', activation: 'swish' },
    { op: 'conv', filters: 12, kernel: [1, 1], strides: [1, 1], padding: 'same', bias: false },
    { op: 'activation', activation: 'hardSwish' },
    { op: 'depthwiseConv', kernel: [5, 5], strides: [2, 2], padding: 'same', bias: true },
    { op: 'activation', activation: 'hardSigmoid' },
    { op: 'conv', filters: 12, kernel: [3, 3], strides: [1, 1], padding: 'same', bias: false },
    { op: 'batchNorm', epsilon: 1e-3, momentum: 0.9, scale: true, center: false },
    { op: 'activation', activation: 'relu' },
    { op: 'add', inputs: ['n13', 'n10'] },
    { op: 'maxPool', size: [3, 3], strides: [2, 2], padding: 'same' },
    { op: 'avgPool', size: [3, 3], strides: [1, 1], padding: [1, 1, 1, 1] },
    { op: 'concat', inputs: ['n16', 'n15'] },
    { op: 'globalAvgPool', keepDims: true, inputs: ['n17'] },
    { op: 'activation', activation: 'sigmoid' },
    { op: 'multiply', inputs: ['n17', 'n19'] },
    { op: 'scale', factor: 0.7 },
    { op: 'conv', filters: 6, kernel: [2, 3], strides: [1, 2], padding: 'valid', bias: false },
    { op: 'conv', filters: 5, kernel: [1, 1], strides: [2, 2], padding: 'same', bias: true },
    { op: 'globalMaxPool' },
    { op: 'dense', units: 3, bias: true },
  ]
  const nodes = layers.map(({ inputs, ...operation }, i) => ({
    ...operation,
    name: `n${i}`,
    inputs: inputs ?? [i === 0 ? 'input' : `n${i - 1}`],
    stage: 'stem',
  }))
  return {
    architecture: 'zoo',
    inputShape: [29, 26, 3],
    nodes,
    featureNode: 'n24',
    featureWidth: 5,
    lastSpatialNode: 'n23',
    logitsNode: 'n25',
  }
}

async function run(name: 'tensorflow' | 'wasm', isTraining: boolean) {
  const engine = await loadEngine({ prefer: name })
  const { tf } = engine
  const graph = zoo()
  const weights = new Map(initWeights(graph, 7))
  const jitter = uniformStream(3)
  for (const [key, value] of weights) {
    if (key.endsWith('kernel')) continue
    weights.set(key, { shape: value.shape, data: value.data.map((v) => v + 0.2 * jitter()) })
  }
  const model = createGraphModel(engine, graph, weights)
  const uniform = uniformStream(5)
  const input = tf.tensor4d(
    Float32Array.from({ length: 4 * 29 * 26 * 3 }, () => 4 * uniform() - 2),
    [4, 29, 26, 3],
  )
  const cotangent = tf.tensor2d(
    Float32Array.from({ length: 12 }, () => 2 * uniform() - 1),
    [4, 3],
  )
  const names = model.parameters.filter((p) => p.trainable).map((p) => p.name)
  const trainingNodes = new Set(isTraining ? graph.nodes.map((node) => node.name) : [])
  const before = tf.memory().numTensors
  const { value, grads } = tf.variableGrads(
    () => {
      const [out] = model.evaluate(new Map<string, Tensor>([['input', input]]), ['n25'], { trainingNodes })
      return tf.sum<Scalar>(tf.mul(out!, cotangent))
    },
    names.map((n) => model.variables.get(n)!),
  )
  // Parameters of a frozen batch norm are constants and have no gradient.
  const gradients = new Map(
    names.flatMap((n) => {
      const gradient = grads[model.variables.get(n)!.name] as Tensor | undefined | null
      return gradient ? [[n, Float32Array.from(gradient.dataSync<'float32'>())] as const] : []
    }),
  )
  const loss = value.dataSync()[0]!
  value.dispose()
  for (const g of Object.values(grads)) (g as Tensor | null)?.dispose()
  const leaked = tf.memory().numTensors - before
  const moved = model.readWeights()
  model.dispose()
  return { loss, gradients, moved, weights, leaked }
}

describe.skipIf(!bothEngines)('tensorflow and wasm (needs `etsef engine install`)', () => {
  test.for([true, false])(
    'agree on value, gradients and moving statistics of every operation, training %s',
    async (isTraining) => {
      const a = await run('tensorflow', isTraining)
      const b = await run('wasm', isTraining)
      expect(Math.abs(a.loss - b.loss)).toBeLessThan(2e-4 * Math.max(1, Math.abs(a.loss)))
      expect(a.gradients.size).toBe(isTraining ? 16 : 12)
      const scale = Math.max(...[...a.gradients.values()].map((g) => Math.max(...g.map(Math.abs))))
      for (const [name, gradient] of a.gradients) {
        const other = b.gradients.get(name)!
        const worst = Math.max(...gradient.map((g, i) => Math.abs(g - other[i]!)))
        expect(worst / scale, name).toBeLessThan(2e-4)
      }
      for (const [name, weight] of a.moved) {
        const other = b.moved.get(name)!.data
        expect(Math.max(...weight.data.map((w, i) => Math.abs(w - other[i]!))), name).toBeLessThan(1e-4)
      }
    },
  )
})

describe.each(testEngines)('%s', (name) => {
  test('leaves no tensor behind after a gradient', async () => {
    expect((await run(name, true)).leaked).toBe(0)
  })

  test('moves statistics only of nodes that train', async () => {
    const frozen = await run(name, false)
    for (const [key, weight] of frozen.moved) expect(weight.data, key).toEqual(frozen.weights.get(key)!.data)
    const training = await run(name, true)
    expect(training.moved.get('n2/movingMean')!.data).not.toEqual(training.weights.get('n2/movingMean')!.data)
  })
})
