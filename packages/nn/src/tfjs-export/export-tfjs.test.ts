import { loadGraphModel } from '@tensorflow/tfjs-converter'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { buildArchitecture } from '../architectures/build-architecture.js'
import { loadEngine } from '../engine/load-engine.js'
import { foldWeights } from '../graph/fold.js'
import type { Graph } from '../graph/graph.js'
import { withHead } from '../graph/head.js'
import { initWeights } from '../graph/init-weights.js'
import { sizeOf } from '../graph/parameters.js'
import { uniformStream } from '../graph/random.js'
import { runReference } from '../graph/run-reference.js'
import { loadPretrained } from '../weights/load-weights.js'
import { exportTfjs, writeTfjs } from './export-tfjs.js'

async function runInTfjs(
  graph: Graph,
  model: ReturnType<typeof exportTfjs>,
  input: Float32Array,
): Promise<readonly Float32Array[]> {
  const { tf } = await loadEngine({ prefer: 'wasm' })
  const { modelTopology, weightsManifest } = JSON.parse(model.modelJson)
  const loaded = await loadGraphModel(
    tf.io.fromMemory({
      modelTopology,
      weightSpecs: weightsManifest[0].weights,
      weightData: new Uint8Array(model.weights).buffer,
    }),
  )
  const outputs = loaded.execute(tf.tensor(input, [1, ...graph.inputShape]), ['features', 'logits'])
  const values = (Array.isArray(outputs) ? outputs : [outputs]).map((output) => Float32Array.from(output.dataSync()))
  loaded.dispose()
  return values
}

describe('exported TF.js models agree with the plain evaluation', () => {
  test.each([
    ['mobilenetV2', 'keras', 33],
    ['mobilenetV3Small', 'torch', 40],
    ['efficientnetB0', 'torch', 32],
    ['resnet18', 'torch', 32],
  ] as const)('%s %s', async (name, variant, inputSize) => {
    const graph = withHead(buildArchitecture(name, { variant, inputSize }), {
      numClasses: 3,
      hidden: [6],
      dropout: 0.5,
    })
    const weights = initWeights(graph, 2)
    const uniform = uniformStream(4)
    const input = Float32Array.from({ length: sizeOf(graph.inputShape) }, () => 2 * uniform() - 1)
    const expected = runReference(graph, weights, input)
    const actual = await runInTfjs(graph, exportTfjs(graph, weights), input)
    for (const [index, node] of [graph.featureNode, graph.logitsNode!].entries()) {
      const reference = expected.get(node)!
      const scale = reference.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
      expect(scale).toBeGreaterThan(0)
      const worst = reference.reduce((most, value, i) => Math.max(most, Math.abs(value - actual[index]![i]!)), 0)
      expect(worst / scale).toBeLessThan(1e-4)
    }
  })
})

test('an exported model loads again as a folded network', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'etsef-tfjs-'))
  try {
    const graph = buildArchitecture('efficientnetB0', { inputSize: 32 })
    const weights = initWeights(graph, 3)
    await writeTfjs(dir, graph, weights)
    const loaded = await loadPretrained('efficientnetB0', dir, { inputSize: 32 })
    expect(loaded.unused).toEqual([])
    const folded = foldWeights(graph, weights)
    expect(loaded.weights.size).toBe(folded.size)
    for (const [name, { shape, data }] of folded) {
      expect(loaded.weights.get(name)!.shape).toEqual(shape)
      expect(Buffer.from(loaded.weights.get(name)!.data.buffer).equals(Buffer.from(data.buffer))).toBe(true)
    }
  } finally {
    await rm(dir, { recursive: true })
  }
})

test('refuses an average pool that TensorFlow would compute otherwise', () => {
  const graph: Graph = {
    architecture: 'test',
    inputShape: [4, 4, 3],
    nodes: [
      {
        op: 'avgPool',
        size: [3, 3],
        strides: [1, 1],
        padding: [1, 1, 1, 1],
        name: 'a',
        inputs: ['input'],
        stage: 'stem',
      },
    ],
    featureNode: 'a',
    featureWidth: 3,
    lastSpatialNode: 'a',
  }
  expect(() => exportTfjs(graph, new Map())).toThrow(/"a": an average pool/)
})
