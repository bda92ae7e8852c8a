import type { Rank } from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { buildArchitecture } from '../architectures/build-architecture.js'
import { loadEngine } from '../engine/load-engine.js'
import type { Graph } from '../graph/graph.js'
import { withHead, type HeadOptions } from '../graph/head.js'
import { initWeights } from '../graph/init-weights.js'
import { activationGradient } from './activation-gradient.js'
import { createGraphModel } from './graph-model.js'
import { headGradient } from './head-gradient.js'

const networks: readonly (readonly [string, HeadOptions])[] = [
  ['mobilenetV2', { numClasses: 3 }],
  ['mobilenetV2', { numClasses: 3, hidden: [7, 5], dropout: 0.5 }],
  ['mobilenetV3Small', { numClasses: 3, hidden: [7] }],
]

test.each(networks)('is that of the tensor engine: %s with %o', async (architecture, head) => {
  const graph = withHead(buildArchitecture(architecture, { inputSize: 48 }), head)
  const weights = initWeights(graph, 3)
  const engine = await loadEngine({ prefer: 'wasm' })
  const model = createGraphModel(engine, graph, weights)
  const input = engine.tf.randomUniform<Rank.R4>([1, 48, 48, 3], -1, 1, 'float32', 7)
  for (const target of [0, 2]) {
    const expected = activationGradient(model, input, graph.lastSpatialNode, [target])
    const found = headGradient(graph, weights, graph.lastSpatialNode)!.gradient(expected.activations, target)
    const scale = expected.gradients.reduce((max, value) => Math.max(max, Math.abs(value)), 0)
    expect(scale).toBeGreaterThan(0)
    expected.gradients.forEach((value, at) => {
      if (Math.abs(value - found[at]!) > 1e-5 * scale) expect(found[at]).toBe(value)
    })
  }
  model.dispose()
  input.dispose()
})

test('is not claimed where the way is more than a head', () => {
  const graph: Graph = withHead(buildArchitecture('mobilenetV2', { inputSize: 48 }), { numClasses: 3 })
  const first = graph.nodes[0]!.name
  expect(headGradient(graph, initWeights(graph, 1), first)).toBeUndefined()
  expect(headGradient(graph, initWeights(graph, 1), 'no such layer')).toBeUndefined()
  const pooled = withHead(graph, { numClasses: 3, pooling: 'max' })
  expect(headGradient(pooled, initWeights(pooled, 1), pooled.lastSpatialNode)).toBeUndefined()
})
