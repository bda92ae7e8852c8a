import { initWeights, loadEngine, uniformStream, viewPresets, type Graph, type PixelStore } from '@etsef/nn'
import { testEngines } from '@etsef/nn/testing'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { pretrainSimclr, unitStd } from './pretrain-simclr.js'

function pictures(size: number, side: number): PixelStore {
  const uniform = uniformStream(4)
  const length = side * side * 3
  // Each picture has a colour of its own, so that there is something to recognise.
  const data = Uint8Array.from({ length: size * length }, (_, i) => {
    const picture = Math.floor(i / length)
    return 20 + (((picture + 1) * [37, 91, 143][i % 3]!) % 200) + 30 * uniform()
  })
  return {
    size,
    side,
    read: (indices) => {
      const pixels = new Uint8Array(indices.length * length)
      indices.forEach((from, to) => {
        pixels.set(data.subarray(from * length, (from + 1) * length), to * length)
      })
      return pixels
    },
  }
}

const backbone: Graph = {
  architecture: 'tiny',
  inputShape: [32, 32, 3],
  nodes: [
    {
      op: 'conv',
      filters: 16,
      kernel: [5, 5],
      strides: [4, 4],
      padding: 'same',
      bias: false,
      name: 'conv',
      inputs: ['input'],
      stage: 'stem',
    },
    {
      op: 'batchNorm',
      epsilon: 1e-3,
      momentum: 0.9,
      scale: true,
      center: true,
      name: 'bn',
      inputs: ['conv'],
      stage: 'stem',
    },
    { op: 'activation', activation: 'relu', name: 'relu', inputs: ['bn'], stage: 'stem' },
    { op: 'globalAvgPool', keepDims: false, name: 'pool', inputs: ['relu'], stage: 'stem' },
  ],
  featureNode: 'pool',
  featureWidth: 16,
  lastSpatialNode: 'relu',
}
const views = { ...viewPresets.grayscale, jitter: 0 }

describe.each(testEngines)('on %s', (name) => {
  const pretrain = async (epochs: number, checkpoint?: { directory: string; name: string }) => {
    const engine = await loadEngine({ prefer: name })
    const graph = backbone
    const before = engine.tf.memory().numTensors
    const result = await pretrainSimclr({
      engine,
      graph,
      weights: initWeights(graph, 2),
      pixels: pictures(17, 32),
      preprocessing: 'tf',
      options: { epochs, batchSize: 8, learningRate: 1e-2, temperature: 0.5, projection: [32, 16], views },
      seed: 'test',
      ...(checkpoint === undefined ? {} : { checkpoint }),
    })
    expect(engine.tf.memory().numTensors - before).toBe(0)
    return result
  }

  test('the loss falls towards the best reachable one, and the embeddings do not collapse', async () => {
    const { history, graph } = await pretrain(20)
    expect(history.at(-1)!.position).toBeLessThan(0.7 * history[0]!.position)
    expect(history.at(-1)!.std).toBeGreaterThan(0.05)
    expect(graph.nodes.some((node) => node.stage === 'projection')).toBe(false)
  })

  test('a run that goes on from a checkpoint ends with the same weights', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'etsef-'))
    try {
      const whole = await pretrain(2)
      // The cosine schedule depends on the number of epochs, so the first part is a run of two stopped after one.
      const stop = new AbortController()
      const engine = await loadEngine({ prefer: name })
      const graph = backbone
      const checkpoint = { directory, name: 'simclr' }
      const options = { epochs: 2, batchSize: 8, learningRate: 1e-2, temperature: 0.5, projection: [32, 16], views }
      const input = {
        engine,
        graph,
        weights: initWeights(graph, 2),
        pixels: pictures(17, 32),
        preprocessing: 'tf' as const,
        options,
        seed: 'test',
        checkpoint,
      }
      await expect(pretrainSimclr({ ...input, signal: stop.signal, onEpoch: () => { stop.abort() } })).rejects.toThrow(/abort/i) // prettier-ignore
      const resumed = await pretrainSimclr(input)
      expect(resumed.weights).toEqual(whole.weights)
      expect(resumed.history).toEqual(whole.history)
    } finally {
      await rm(directory, { recursive: true })
    }
  })
})

test('standard deviation of unit rows is lightly’s, and 0 for a constant batch', () => {
  expect(unitStd(new Float32Array([1, 2, 3, -1, 0, 2, 2, 1, 2, 0, -1, 3]), 4)).toBeCloseTo(0.3219213085, 6)
  expect(unitStd(new Float32Array([1, 2, 1, 2, 1, 2]), 3)).toBeCloseTo(0, 9)
})
