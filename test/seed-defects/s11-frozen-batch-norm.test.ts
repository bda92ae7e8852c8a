import { createHash } from 'node:crypto'
import { createGraphModel, loadEngine, trainClassifier, type Weights } from '@etsef/nn'
import type { Tensor } from '../support/tensor-types.js'
import { expect, test } from 'vitest'
import { tinyExamples, tinyNetwork, tinySize } from '../support/tiny-network.js'

const isEncoder = (name: string): boolean => !name.startsWith('logits/')

function digests(weights: Weights): Map<string, string> {
  const digest = (data: Float32Array): string =>
    createHash('sha256')
      .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
      .digest('hex')
  return new Map([...weights].filter(([name]) => isEncoder(name)).map(([name, { data }]) => [name, digest(data)]))
}

const changed = (before: Weights, after: Weights): string[] => {
  const [a, b] = [digests(before), digests(after)]
  return [...a.keys()].filter((name) => a.get(name) !== b.get(name))
}

test('S11: parameters frozen but the module left in train mode: one forward pass moves the statistics of every batch norm', async () => {
  const engine = await loadEngine({ prefer: 'wasm' })
  const { graph, weights } = tinyNetwork()
  const model = createGraphModel(engine, graph, weights)
  const numBatchNorms = graph.nodes.filter((node) => node.op === 'batchNorm').length
  const pixels = await tinyExamples(6, 'train').read([0, 1, 2, 3, 4, 5], undefined)
  const { tf } = engine
  tf.tidy(() => {
    const input = tf.tensor4d(pixels, [6, tinySize, tinySize, 3])
    model.evaluate(new Map<string, Tensor>([['input', input]]), ['logits'], {
      trainingNodes: new Set(graph.nodes.map((node) => node.name)),
    })
  })
  const drifted = changed(weights, model.readWeights())
  model.dispose()
  expect(numBatchNorms).toBeGreaterThan(40)
  expect(drifted.length).toBe(2 * numBatchNorms)
})

test('S11: frozen here means bit-frozen: weights and statistics of the encoder are equal after training the head', async () => {
  const engine = await loadEngine({ prefer: 'wasm' })
  const { graph, weights } = tinyNetwork()
  const result = await trainClassifier({
    engine,
    graph,
    weights,
    train: tinyExamples(18, 'train'),
    seed: 's11',
    options: { epochs: 2, batchSize: 6, freeze: 'backbone' },
  })
  expect(changed(weights, result.weights)).toEqual([])
  expect(result.weights.get('logits/kernel')).not.toEqual(weights.get('logits/kernel'))
})
