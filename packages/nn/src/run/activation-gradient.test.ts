import { describe, expect, test } from 'vitest'
import { loadEngine } from '../engine/load-engine.js'
import { testEngines } from '../engine/test-engines.js'
import type { Graph, WeightTensor } from '../graph/graph.js'
import { initWeights } from '../graph/init-weights.js'
import { activationGradient } from './activation-gradient.js'
import { openFrozenNetwork } from './frozen-network.js'
import { createGraphModel } from './graph-model.js'

/** conformance.md B.5: A of two channels is the input itself, logits = W · GAP(A) + b. */
const graph: Graph = {
  architecture: 'b5',
  inputShape: [2, 2, 2],
  nodes: [
    { op: 'scale', factor: 1, name: 'map', inputs: ['input'], stage: 'stem' },
    { op: 'globalAvgPool', keepDims: false, name: 'pool', inputs: ['map'], stage: 'stem' },
    { op: 'dense', units: 3, bias: true, name: 'logits', inputs: ['pool'], stage: 'head' },
  ],
  featureNode: 'pool',
  featureWidth: 2,
  lastSpatialNode: 'map',
  logitsNode: 'logits',
}
const weights = new Map<string, WeightTensor>([
  ['logits/kernel', { shape: [2, 3], data: new Float32Array([2, -1, 0.5, -1, 3, 0.5]) }],
  ['logits/bias', { shape: [3], data: new Float32Array([0.1, -0.2, 0]) }],
])
/** Channels [[1, 2], [3, 0]] and [[0, 1], [2, 4]], channels last. */
const pixels = new Float32Array([1, 0, 2, 1, 3, 2, 0, 4])

describe.each(testEngines)('on %s', (name) => {
  test('goes on from a value of the node that is given, and leaves it', async () => {
    const engine = await loadEngine({ prefer: name })
    const model = createGraphModel(engine, graph, weights)
    // The input is of no use: had the layers before run, the activations would be zeros.
    const [empty, given] = [
      engine.tf.tensor4d(new Float32Array(8), [1, 2, 2, 2]),
      engine.tf.tensor4d(pixels, [1, 2, 2, 2]),
    ]
    const before = engine.tf.memory().numTensors
    const result = activationGradient(model, empty, 'map', [1], given)
    expect([...result.activations]).toEqual([...pixels])
    expect(result.logits[1]).toBeCloseTo(3.55, 6)
    expect(engine.tf.memory().numTensors).toBe(before)
    engine.tf.dispose([empty, given])
    model.dispose()
  })
  test.for([
    [0, [0.5, -0.25], [0.5, 0.75, 1, -1]],
    [1, [-0.25, 0.75], [-0.25, 0.25, 0.75, 3]],
    [2, [0.125, 0.125], [0.125, 0.375, 0.625, 0.5]],
  ] as const)('gradient of logit %s gives the hand-worked weights and map', async ([target, alpha, map]) => {
    const engine = await loadEngine({ prefer: name })
    const model = createGraphModel(engine, graph, weights)
    const input = engine.tf.tensor4d(pixels, [1, 2, 2, 2])
    const before = engine.tf.memory().numTensors
    const result = activationGradient(model, input, 'map', [target])
    expect(engine.tf.memory().numTensors).toBe(before)
    expect(result.shape).toEqual([2, 2, 2])
    for (const [c, logit] of [1.35, 3.55, 1.625].entries()) expect(result.logits[c]).toBeCloseTo(logit, 5)
    for (const channel of [0, 1]) {
      const mean = [0, 1, 2, 3].reduce((sum, at) => sum + result.gradients[at * 2 + channel]!, 0)
      expect(mean / 4).toBeCloseTo(alpha[channel]!, 5)
    }
    const raw = [0, 1, 2, 3].map(
      (at) => alpha[0] * result.activations[at * 2]! + alpha[1] * result.activations[at * 2 + 1]!,
    )
    for (const [at, value] of map.entries()) expect(raw[at]).toBeCloseTo(value, 5)
    model.dispose()
    input.dispose()
  })

  test('of a node inside a residual block is that of the way through it, with what comes around it as it is', async () => {
    const engine = await loadEngine({ prefer: name })
    const residual: Graph = {
      ...graph,
      nodes: [
        { op: 'scale', factor: 1, name: 'around', inputs: ['input'], stage: 'stem' },
        { op: 'scale', factor: 3, name: 'inside', inputs: ['around'], stage: 'stem' },
        { op: 'add', name: 'map', inputs: ['inside', 'around'], stage: 'stem' },
        ...graph.nodes.slice(1),
      ],
    }
    const model = createGraphModel(engine, residual, weights)
    const input = engine.tf.tensor4d(pixels, [1, 2, 2, 2])
    const before = engine.tf.memory().numTensors
    const { activations, gradients, logits } = activationGradient(model, input, 'inside', [1])
    expect(engine.tf.memory().numTensors).toBe(before)
    expect([...activations]).toEqual([...pixels].map((value) => 3 * value))
    for (let at = 0; at < 8; at++) expect(gradients[at]).toBeCloseTo([-0.25, 0.75][at % 2]!, 6)
    // W · GAP(4 A) + b.
    expect(logits[1]).toBeCloseTo(4 * 3.75 - 0.2, 5)
    model.dispose()
    input.dispose()
  })

  test('the explained logits are those of prediction, also behind a frozen batch norm', async () => {
    const engine = await loadEngine({ prefer: name })
    const withNorm: Graph = {
      ...graph,
      nodes: [
        ...graph.nodes.slice(0, 1),
        {
          op: 'batchNorm',
          epsilon: 1e-3,
          momentum: 0.9,
          scale: true,
          center: true,
          name: 'bn',
          inputs: ['map'],
          stage: 'stem',
        },
        { op: 'activation', activation: 'relu', name: 'relu', inputs: ['bn'], stage: 'stem' },
        { op: 'globalAvgPool', keepDims: false, name: 'pool', inputs: ['relu'], stage: 'stem' },
        ...graph.nodes.slice(2),
      ],
    }
    const all = new Map([
      ...initWeights(withNorm, 1, weights),
      ['bn/movingMean', { shape: [2], data: new Float32Array([0.5, -0.3]) }] as const,
      ['bn/movingVariance', { shape: [2], data: new Float32Array([2, 0.5]) }] as const,
    ])
    const model = createGraphModel(engine, withNorm, all)
    const input = engine.tf.tensor4d(pixels, [1, 2, 2, 2])
    const { logits, gradients } = activationGradient(model, input, 'map', [1])
    const network = await openFrozenNetwork(withNorm, all, { outputs: ['logits'], runner: 'engine', engine: name })
    const [predicted] = await network.run(pixels, 1)
    for (const [c, value] of predicted!.entries()) expect(logits[c]).toBeCloseTo(value, 6)
    // Finite difference of logit 1 in one input value, on a value that is well inside the ReLU.
    const bumped = pixels.slice()
    bumped[7]! += 0.01
    const [moved] = await network.run(bumped, 1)
    expect((moved![1]! - predicted![1]!) / 0.01).toBeCloseTo(gradients[7]!, 3)
    await network.dispose()
    model.dispose()
    input.dispose()
  })
})
