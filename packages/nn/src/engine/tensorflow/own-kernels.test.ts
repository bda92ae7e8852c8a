import type { Tensor } from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { buildArchitecture } from '../../architectures/build-architecture.js'
import { withHead } from '../../graph/head.js'
import { initWeights } from '../../graph/init-weights.js'
import { uniformStream } from '../../graph/random.js'
import { createGraphModel } from '../../run/graph-model.js'
import { softmaxCrossEntropy } from '../../training/losses.js'
import type { Engine } from '../engine.js'
import { loadEngine } from '../load-engine.js'
import { hasKernels } from '../test-engines.js'
import { fusedBatchNorm } from './fused-batch-norm.js'

/** Gradients of every parameter, and all weights afterwards (the moving statistics move), of one pass over a seeded batch. */
function passOf(engine: Engine, architecture: 'mobilenetV2' | 'efficientnetB0' | 'mobilenetV3Large' | 'resnet18') {
  const { tf } = engine
  const graph = withHead(buildArchitecture(architecture, { inputSize: 40 }), { numClasses: 3 })
  const model = createGraphModel(engine, graph, initWeights(graph, 1))
  const uniform = uniformStream(2)
  const x = tf.tensor(Float32Array.from({ length: 4 * 40 * 40 * 3 }, () => 2 * uniform() - 1), [4, 40, 40, 3]) // prettier-ignore
  const trainingNodes = new Set(graph.nodes.map(({ name }) => name))
  const learning = model.parameters.filter(({ trainable }) => trainable).map(({ name }) => model.variables.get(name)!)
  const { value, grads } = tf.variableGrads(() => {
    const [logits] = model.evaluate(new Map<string, Tensor>([['input', x]]), ['logits'], { trainingNodes })
    return softmaxCrossEntropy(tf, logits as never, [0, 1, 2, 0])
  }, learning)
  const gradients = learning.map((variable) => grads[variable.name]!.dataSync<'float32'>().slice())
  const buffers = [...model.readWeights()].filter(([name]) => name.includes('/moving')).map(([, { data }]) => data)
  const loss = value.dataSync()[0]!
  for (const tensor of [x, value, ...Object.values(grads)]) tensor.dispose()
  model.dispose()
  return { loss, gradients, buffers }
}

/** Root mean square of the difference over that of the expected values, all arrays together. */
function difference(actual: readonly Float32Array[], expected: readonly Float32Array[]): number {
  let [square, scale] = [0, 0]
  for (const [i, values] of expected.entries()) {
    for (const [j, value] of values.entries()) {
      square += (actual[i]![j]! - value) ** 2
      scale += value ** 2
    }
  }
  return Math.sqrt(square / scale)
}

test.skipIf(!hasKernels).each(['mobilenetV2', 'efficientnetB0', 'mobilenetV3Large', 'resnet18'] as const)(
  '%s: loss, gradients and moving statistics are those of the composed operations (needs the compiled kernels)',
  async (architecture) => {
    const engine = await loadEngine({ prefer: 'tensorflow' })
    expect(engine.id).toContain('+kernels-')
    const { tf, kernels } = engine
    const composed = {
      ...engine,
      kernels: {
        ...kernels,
        batchNorm: fusedBatchNorm(tf),
        fusedActivations: new Set<never>(),
        scaleChannels: (x: Tensor, factor: Tensor) => tf.mul(x, factor),
      },
    }
    const actual = passOf(engine, architecture)
    const expected = passOf(composed, architecture)
    expect(Math.abs(actual.loss - expected.loss)).toBeLessThan(1e-5 * Math.max(1, expected.loss))
    // A last bit decides on which side of ReLU6's bounds a value lies; TensorFlow and WASM differ as much (1e-2) in MobileNetV2.
    expect(difference(actual.gradients, expected.gradients)).toBeLessThan(architecture === 'mobilenetV2' ? 0.05 : 1e-4)
    expect(difference(actual.buffers, expected.buffers)).toBeLessThan(1e-5)
  },
)

test.skipIf(!hasKernels)('a pass gives the same bits every time (needs the compiled kernels)', async () => {
  const engine = await loadEngine({ prefer: 'tensorflow' })
  const [first, second] = [passOf(engine, 'mobilenetV2'), passOf(engine, 'mobilenetV2')]
  expect(second).toEqual(first)
})

test.skipIf(!hasKernels)('NaN comes through every fused activation (needs the compiled kernels)', async () => {
  const { tf, kernels } = await loadEngine({ prefer: 'tensorflow' })
  for (const activation of kernels.fusedActivations!) {
    const [movingMean, movingVariance] = [tf.variable(tf.zeros([2])), tf.variable(tf.ones([2]))]
    const x = tf.tensor4d([Number.NaN, 1, 2, 3], [2, 1, 1, 2])
    const y = kernels.batchNorm({ x, movingMean, movingVariance, epsilon: 1e-3, momentum: 0.9, activation })
    const values = y.dataSync()
    expect([values[0], values[2]]).toEqual([Number.NaN, Number.NaN])
    expect(values[1]).not.toBeNaN()
  }
})

test.skipIf(!hasKernels).each(['mobilenetV2', 'efficientnetB0', 'inceptionResnetV2'] as const)(
  '%s: answers are those of TensorFlow’s batch norm, under a tape, too, and leave nothing (needs the compiled kernels)',
  async (architecture) => {
    const engine = await loadEngine({ prefer: 'tensorflow' })
    const { tf } = engine
    const kernels = { ...engine.kernels }
    delete (kernels as { normalise?: unknown }).normalise
    const graph = withHead(buildArchitecture(architecture, { inputSize: 75 }), { numClasses: 3 })
    const weights = initWeights(graph, 1)
    const uniform = uniformStream(2)
    // Moments as a trained network has them: with those of new weights batch norm does next to nothing.
    for (const [name, { data }] of weights)
      if (/(moving(Mean|Variance)|beta)$/.test(name)) data.forEach((_old, i) => (data[i] = 0.5 + uniform()))
    const x = tf.tensor(Float32Array.from({ length: 3 * 75 * 75 * 3 }, () => 2 * uniform() - 1), [3, 75, 75, 3]) // prettier-ignore
    const answersOf = (given: Engine, run: (asked: (input?: Tensor) => Tensor) => Tensor): Float32Array => {
      const model = createGraphModel(given, graph, weights)
      const before = tf.memory().numTensors
      const logits = run((input = x) => model.evaluate(new Map([['input', input]]), ['logits'])[0]!)
      const values = logits.dataSync<'float32'>().slice()
      logits.dispose()
      expect(tf.memory().numTensors).toBe(before)
      model.dispose()
      return values
    }
    const own = answersOf(engine, (asked) => asked())
    const stock = answersOf({ ...engine, kernels }, (asked) => asked())
    const scale = Math.max(...stock.map(Math.abs))
    expect(Math.max(...own.map((value, i) => Math.abs(value - stock[i]!)))).toBeLessThan(1e-4 * scale)
    const underTape = answersOf(engine, (asked) => {
      let logits: Tensor | undefined
      const { value, grad } = tf.valueAndGrad((input: Tensor) => {
        logits = tf.keep(tf.add(asked(input), 0))
        return tf.sum(logits)
      })(x)
      // What has no gradient must not have been taken.
      expect(grad.dataSync().some((slope) => slope !== 0)).toBe(true)
      for (const tensor of [value, grad]) tensor.dispose()
      return logits!
    })
    expect(Math.max(...underTape.map((value, i) => Math.abs(value - own[i]!)))).toBeLessThan(1e-5 * scale)
    x.dispose()
  },
)
