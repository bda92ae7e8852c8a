import { createRng } from '@etsef/plugin-api'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadEngine } from '../engine/load-engine.js'
import { testEngines } from '../engine/test-engines.js'
import type { Graph } from '../graph/graph.js'
import { initWeights } from '../graph/init-weights.js'
import { uniformStream } from '../graph/random.js'
import { augmentView, blur, scaleColour, shiftHue, viewPresets } from './augment-view.js'
import type { PixelStore } from './pixel-store.js'
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
const views = { ...viewPresets.greyscale, jitter: 0 }

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

// Values of torchvision 0.28 on pixels in [0, 1] (conformance.md B.2), scaled to [0, 255].
describe('colour changes are torchvision’s', () => {
  const pixel = () => Float32Array.from([0.2, 0.5, 0.7], (value) => value * 255)
  const scaled = (pixels: Float32Array) => Array.from(pixels, (value) => value / 255)
  test.for([
    ['brightness 1.5', (p: Float32Array) => scaleColour(p, 'brightness', 1.5), [0.3, 0.75, 1]],
    ['saturation 0.5', (p: Float32Array) => scaleColour(p, 'saturation', 0.5), [0.31654, 0.46654, 0.56654]],
    ['hue by a fifth of a turn', (p: Float32Array) => shiftHue(p, 0.2), [0.5, 0.2, 0.7]],
  ] as const)('%s', ([, change, expected]) => {
    const pixels = pixel()
    change(pixels)
    for (const [c, value] of scaled(pixels).entries()) expect(value).toBeCloseTo(expected[c]!, 4)
  })

  test('blur keeps a constant picture and spreads a point as a Gaussian', () => {
    const flat = new Float32Array(9 * 9 * 3).fill(100)
    blur(flat, 9, 1)
    for (const value of flat) expect(value).toBeCloseTo(100, 3)
    const point = new Float32Array(9 * 9 * 3)
    point[(4 * 9 + 4) * 3] = 1
    blur(point, 9, 0.5)
    // sigma 0.5: centre weight 0.78657 in one direction.
    expect(point[(4 * 9 + 4) * 3]).toBeCloseTo(0.78657073 ** 2, 3)
    expect(point.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5)
  })

  test('two views of a picture differ, and equal seeds give equal views', () => {
    const picture = Uint8Array.from({ length: 16 * 16 * 3 }, (_, i) => (i * 7) % 256)
    const view = (label: number) => {
      const target = new Float32Array(picture.length)
      augmentView(picture, 16, viewPresets.colour, createRng('s', label), target)
      return target
    }
    expect(view(0)).toEqual(view(0))
    expect(view(0)).not.toEqual(view(1))
    expect(Math.max(...view(1))).toBeLessThanOrEqual(255)
  })
})
