import { describe, expect, test } from 'vitest'
import type { Scalar, Tensor, Tensor2D } from '@tensorflow/tfjs-core'
import { buildArchitecture } from '../architectures/build-architecture.js'
import { loadEngine } from '../engine/load-engine.js'
import { bothEngines, testEngines } from '../engine/test-engines.js'
import type { Graph } from '../graph/graph.js'
import { withHead } from '../graph/head.js'
import { initWeights } from '../graph/init-weights.js'
import { uniformStream } from '../graph/random.js'
import { createGraphModel } from '../run/graph-model.js'
import { softmaxCrossEntropy } from './losses.js'
import { createOptimizer } from './optimizer.js'
import { addGradients, applyGradients, disposeGradients, type Gradients } from './train-step.js'
import { trainablePart } from './trainable.js'

// Rows of the TensorFlow.js table of conformance.md B.2 that no other test covers. Frozen batch norms and frozen networks, nested or not,
// of every architecture: frozen.test.ts. Best weights restored by early stopping: train-classifier.test.ts.

function batchNorm(scale: boolean): Graph {
  return {
    architecture: 'bn',
    inputShape: [1, 1, 2],
    nodes: [
      {
        op: 'batchNorm',
        epsilon: 1e-5,
        momentum: 0.9,
        scale,
        center: true,
        name: 'bn',
        inputs: ['input'],
        stage: 'stem',
      },
    ],
    featureNode: 'bn',
    featureWidth: 2,
    lastSpatialNode: 'bn',
  }
}

describe.each(testEngines)('on %s', (name) => {
  // torch 2.13: running variance is the unbiased one.
  test.each([true, false])(
    'a learning batch norm, scale %s, normalises by the batch and moves its statistics',
    async (scale) => {
      const engine = await loadEngine({ prefer: name })
      const graph = batchNorm(scale)
      const model = createGraphModel(engine, graph, initWeights(graph, 1))
      const { tf } = engine
      const out = tf.tidy(() => {
        const input = tf.tensor4d([1, 10, 3, 20, 5, 60], [3, 1, 1, 2])
        return model.evaluate(new Map([['input', input]]), ['bn'], { trainingNodes: new Set(['bn']) })[0]!.dataSync()
      })
      for (const [row, value] of [-1.2247, 0, 1.2247].entries()) expect(out[2 * row]).toBeCloseTo(value, 4)
      const after = model.readWeights()
      model.dispose()
      expect(Array.from(after.get('bn/movingMean')!.data, (value) => +value.toFixed(4))).toEqual([0.3, 3])
      expect(Array.from(after.get('bn/movingVariance')!.data, (value) => +value.toFixed(4))).toEqual([1.3, 70.9])
    },
  )

  test('a frozen batch norm normalises by its statistics and keeps them', async () => {
    const engine = await loadEngine({ prefer: name })
    const graph = batchNorm(true)
    const before = initWeights(graph, 1)
    const model = createGraphModel(engine, graph, before)
    const { tf } = engine
    const out = tf.tidy(() => {
      const input = tf.tensor4d([1, 10, 3, 20, 5, 60], [3, 1, 1, 2])
      return model.evaluate(new Map([['input', input]]), ['bn'], { trainingNodes: new Set() })[0]!.dataSync()
    })
    expect(out[5]).toBeCloseTo(60 / Math.sqrt(1 + 1e-5), 3)
    expect(model.readWeights()).toEqual(before)
    model.dispose()
  })

  test('the loss takes logits, not probabilities', async () => {
    const { tf } = await loadEngine({ prefer: name })
    const loss = tf.tidy(() => softmaxCrossEntropy(tf, tf.tensor2d([[2, 0, -1]]), [0], {}).dataSync()[0])
    expect(loss).toBeCloseTo(0.16984606, 6)
  })
})

test.skipIf(!bothEngines)(
  'inceptionResnetV2 trains, every gradient finite and not zero (needs `etsef engine install`)',
  async () => {
    const engine = await loadEngine({ prefer: 'tensorflow' })
    const { tf } = engine
    const graph = withHead(buildArchitecture('inceptionResnetV2', { inputSize: 75 }), { numClasses: 2 })
    expect(graph.nodes.some((node) => node.op === 'batchNorm' && !node.scale)).toBe(true)
    const part = trainablePart(graph, 'none')
    const model = createGraphModel(engine, graph, initWeights(graph, 3))
    const optimizer = createOptimizer(engine, { name: 'adam' })
    const uniform = uniformStream(5)
    const input = tf.tensor4d(
      Float32Array.from({ length: 4 * 75 * 75 * 3 }, () => 2 * uniform() - 1),
      [4, 75, 75, 3],
    )
    const losses: number[] = []
    const wrong = new Set<string>()
    for (let step = 0; step < 4; step++) {
      const gradients: Gradients = new Map()
      const loss = (): Scalar => {
        const [logits] = model.evaluate(new Map<string, Tensor>([['input', input]]), ['logits'], {
          trainingNodes: part.nodes,
        })
        return softmaxCrossEntropy(tf, logits as Tensor2D, [0, 1, 1, 0], {})
      }
      losses.push(addGradients(model, loss, part.parameterNames, gradients))
      for (const parameter of part.parameterNames) {
        const values = gradients.get(parameter)?.dataSync<'float32'>() ?? []
        if (values.length === 0 || values.every((value) => value === 0) || !values.every(Number.isFinite)) {
          wrong.add(parameter)
        }
      }
      applyGradients(model, gradients, { parameterNames: part.parameterNames, optimizer, learningRate: () => 1e-3 })
      disposeGradients(gradients)
    }
    input.dispose()
    optimizer.dispose()
    model.dispose()
    expect([...wrong]).toEqual([])
    expect(losses.at(-1)).toBeLessThan(0.5 * losses[0]!)
  },
  300_000,
)
