import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { buildArchitecture } from '../architectures/build-architecture.js'
import { loadEngine } from '../engine/load-engine.js'
import { testEngines } from '../engine/test-engines.js'
import type { Graph, Weights } from '../graph/graph.js'
import { withHead } from '../graph/head.js'
import { initWeights } from '../graph/init-weights.js'
import { uniformStream } from '../graph/random.js'
import { averageDecay } from './weight-average.js'
import type { LabelledSource } from './examples.js'
import { trainClassifier, type TrainClassifierInput } from './train-classifier.js'

const SIZE = 32

/** Noise with a square whose colour tells the class. */
function examples(size: number, seed: number): LabelledSource {
  const uniform = uniformStream(seed)
  const length = SIZE * SIZE * 3
  const pixels = Float32Array.from({ length: size * length }, () => uniform() - 0.5)
  const labels = Int32Array.from({ length: size }, (_, i) => i % 3)
  labels.forEach((label, i) => {
    for (let y = 0; y < 12; y++) {
      for (let x = 0; x < 12; x++) pixels[i * length + ((10 + y) * SIZE + 10 + x) * 3 + label]! += 2
    }
  })
  return {
    size,
    labels,
    read: (indices) => {
      const batch = new Float32Array(indices.length * length)
      indices.forEach((from, to) => batch.set(pixels.subarray(from * length, (from + 1) * length), to * length))
      return batch
    },
  }
}

function network(): Graph {
  return withHead(buildArchitecture('mobilenetV2', { inputSize: SIZE, width: 0.35 }), {
    numClasses: 3,
    hidden: [16],
    dropout: 0.2,
  })
}

/** Learns colours within a few steps, where a deep network needs hundreds. */
const tiny: Graph = withHead(
  {
    architecture: 'tiny',
    inputShape: [SIZE, SIZE, 3],
    nodes: [
      {
        op: 'conv',
        filters: 12,
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
      { op: 'globalMaxPool', name: 'pool', inputs: ['relu'], stage: 'stem' },
    ],
    featureNode: 'pool',
    featureWidth: 12,
    lastSpatialNode: 'relu',
  },
  { numClasses: 3, hidden: [16] },
)

function digest(weights: Weights, names: Iterable<string>): string {
  const hash = createHash('sha256')
  for (const name of names) hash.update(name).update(new Uint8Array(weights.get(name)!.data.buffer.slice(0)))
  return hash.digest('hex')
}

describe.each(testEngines)('on %s', (name) => {
  const train = async (options: Partial<TrainClassifierInput['options']>, rest: Partial<TrainClassifierInput> = {}) => {
    const engine = await loadEngine({ prefer: name })
    const { graph = network() } = rest
    const weights = rest.weights ?? initWeights(graph, 11)
    const before = engine.tf.memory().numTensors
    const result = await trainClassifier({
      engine,
      graph,
      weights,
      train: examples(22, 1),
      seed: 'test',
      options: { epochs: 2, batchSize: 8, ...options },
      ...rest,
    })
    return { graph, weights, result, leaked: engine.tf.memory().numTensors - before }
  }

  // Rows of conformance.md B.2: what TensorFlow.js' own fit does wrong when something is frozen.
  test.for(['stage1', 'stage4', 'backbone'])(
    'freeze: %s leaves every frozen weight and statistic bit-equal',
    async (freeze) => {
      const { graph, weights, result, leaked } = await train({ freeze })
      const stages = [...new Set(graph.nodes.map((node) => node.stage))]
      const last = freeze === 'backbone' ? stages.length - 2 : stages.indexOf(freeze)
      const frozen = new Set(graph.nodes.filter((n) => stages.indexOf(n.stage) <= last).map((n) => n.name))
      const isFrozen = (parameter: string) => frozen.has(parameter.slice(0, parameter.lastIndexOf('/')))
      const frozenNames = [...weights.keys()].filter(isFrozen)
      const learning = [...weights.keys()].filter((parameter) => !isFrozen(parameter))
      expect(frozenNames.length).toBeGreaterThan(5)
      expect(digest(result.weights, frozenNames)).toBe(digest(weights, frozenNames))
      for (const parameter of learning) {
        expect(digest(result.weights, [parameter]), parameter).not.toBe(digest(weights, [parameter]))
      }
      expect(leaked).toBe(0)
    },
  )

  test('counts the trainable scalars of a frozen backbone: the head', async () => {
    const { result } = await train({ freeze: 'backbone', epochs: 1 })
    expect(result.numTrainable).toBe(1280 * 16 + 16 + 16 * 3 + 3)
  })

  test('refuses an unknown stage and names the known ones', async () => {
    await expect(train({ freeze: 'stage9' })).rejects.toMatchObject({
      code: 'ERR_BAD_OPTION',
      option: 'freeze',
      expected: expect.stringMatching(/^stem, stage1/) as string,
      received: 'stage9',
    })
  })

  test('learns, and returns the epoch that was best on validation', async () => {
    const validation = examples(12, 2)
    const { result } = await train({ epochs: 8, batchSize: 6, learningRate: 1e-2 }, { validation, graph: tiny })
    const losses = result.history.map((record) => record.validation!.loss)
    expect(result.history.at(-1)!.loss).toBeLessThan(0.5 * result.history[0]!.loss)
    expect(losses[result.bestEpoch - 1]).toBe(Math.min(...losses))
    // Evaluated again, the returned weights give the logged figure.
    const again = await train(
      { epochs: 1, learningRate: 0, freeze: 'backbone' },
      { validation, weights: result.weights, graph: tiny },
    )
    expect(again.result.history[0]!.validation!.loss).toBeCloseTo(Math.min(...losses), 5)
  })

  test('stops early after patience epochs without improvement', async () => {
    const validation = examples(12, 2)
    const { result } = await train(
      { epochs: 9, learningRate: 0, freeze: 'backbone', earlyStopping: { patience: 2 } },
      { validation },
    )
    expect(result.history.length).toBe(3)
    expect(result.bestEpoch).toBe(1)
  })

  test('gives the same bytes for the same seed, also with the frozen part recomputed', async () => {
    const a = await train({ freeze: 'stage3' })
    const b = await train({ freeze: 'stage3' })
    expect(digest(b.result.weights, b.weights.keys())).toBe(digest(a.result.weights, a.weights.keys()))
    const c = await train({ freeze: 'stage3' }, { seed: 'other' })
    expect(digest(c.result.weights, c.weights.keys())).not.toBe(digest(a.result.weights, a.weights.keys()))
  })

  test.each([
    { schedule: { kind: 'plateau', patience: 1 } },
    { schedule: { kind: 'oneCycle' } },
    { schedule: { kind: 'oneCycle' }, optimizer: { name: 'sgd', momentum: 0.9 } },
  ] as const)('resumes from a checkpoint to the same bytes as an uninterrupted run: %j', async (varied) => {
    const directory = await mkdtemp(join(tmpdir(), 'etsef-'))
    try {
      const options = { epochs: 3, emaDecay: 0.9, ...varied } as const
      const whole = await train(options)
      const stop = new AbortController()
      const checkpoint = { directory, name: 'train' }
      const onEpoch = (record: { epoch: number }) => {
        if (record.epoch === 2) stop.abort()
      }
      await expect(train(options, { checkpoint, onEpoch, signal: stop.signal })).rejects.toThrow(/abort/i)
      let learningReads = 0
      const source = examples(22, 1)
      const counted: LabelledSource = {
        ...source,
        read: (indices, rng) => {
          if (rng !== undefined) learningReads++
          return source.read(indices)
        },
      }
      const told: number[] = []
      const resumed = await train(options, {
        checkpoint,
        train: counted,
        onEpoch: ({ epoch }) => {
          told.push(epoch)
        },
      })
      // One epoch of three batches is left; those before are told, not run.
      expect(learningReads).toBe(3)
      expect(told).toEqual([1, 2, 3])
      expect(resumed.result.history).toEqual(whole.result.history)
      expect(digest(resumed.result.weights, whole.weights.keys())).toBe(
        digest(whole.result.weights, whole.weights.keys()),
      )
    } finally {
      await rm(directory, { recursive: true })
    }
  })

  test('one cycle moves the momentum: the optimizer’s own does not matter, as it does on a cosine', async () => {
    const weights = async (kind: 'oneCycle' | 'cosine', momentum: number) => {
      const options = { epochs: 2, schedule: { kind }, optimizer: { name: 'sgd', momentum } } as const
      const { result, weights: start } = await train(options, { graph: tiny })
      return digest(result.weights, start.keys())
    }
    expect(await weights('oneCycle', 0)).toBe(await weights('oneCycle', 0.5))
    expect(await weights('cosine', 0)).not.toBe(await weights('cosine', 0.5))
  })

  test('names the epoch and step where the loss stops being finite', async () => {
    const weights = new Map(initWeights(network(), 11))
    weights.set('logits/bias', { shape: [3], data: new Float32Array(3).fill(NaN) })
    await expect(train({}, { weights })).rejects.toMatchObject({
      code: 'ERR_DIVERGED',
      message: expect.stringMatching(/NaN in epoch 1, step 1/) as string,
    })
  })

  test.for([
    ['explodes, though it is finite', { learningRate: 1e4 }, false, /The loss is [0-9.]+ in epoch 1, step [23]/],
    [
      'is not finite after the last step',
      { learningRate: Number.MAX_VALUE, batchSize: 22, epochs: 1 },
      false,
      /the last step/,
    ],
    ['explodes in validation', { learningRate: 1e4, batchSize: 22, epochs: 1 }, true, /epoch 1, validation/],
  ] as const)('stops where the loss %s', async ([, options, isValidated, message]) => {
    const validation = isValidated ? { validation: examples(12, 2) } : {}
    const unsteady = { optimizer: { name: 'sgd' }, schedule: { kind: 'none' }, ...options } as const
    await expect(train(unsteady, { graph: tiny, ...validation })).rejects.toMatchObject({
      code: 'ERR_DIVERGED',
      message: expect.stringMatching(message) as string,
    })
  })

  test('a plateau follows the monitored figure: accuracy that stays at 1 is one, a falling loss is not', async () => {
    const validation = examples(12, 2)
    const learnt = await train({ epochs: 8, batchSize: 6, learningRate: 1e-2 }, { validation, graph: tiny })
    const rates = async (metric: 'loss' | 'balancedAccuracy') => {
      const { result } = await train(
        {
          epochs: 3,
          learningRate: 1e-3,
          schedule: { kind: 'plateau', patience: 1 },
          earlyStopping: { patience: Infinity, metric },
        },
        { validation, graph: tiny, weights: learnt.result.weights },
      )
      expect(result.history.map((record) => record.validation!.balancedAccuracy)).toEqual([1, 1, 1])
      return result.history.map(({ learningRate }) => learningRate)
    }
    expect(await rates('loss')).toEqual([1e-3, 1e-3, 1e-3])
    expect(await rates('balancedAccuracy')).toEqual([1e-3, 1e-3, 2e-4])
  })

  test('training in parts leaves no tensor behind', async () => {
    expect((await train({ freeze: 'backbone', epochs: 1, batchSize: 11, accumulate: 2 })).leaked).toBe(0)
  })

  test.for([{ classWeight: 'none' }, { classWeight: [9, 1, 0.1] }] as const)(
    'a batch in parts takes the step of the whole, where no batch norm learns: $classWeight',
    async ({ classWeight }) => {
      const noDropout = {
        ...network(),
        nodes: network().nodes.map((node) => (node.op === 'dropout' ? { ...node, rate: 0 } : node)),
      }
      const [whole, ...parts] = await Promise.all(
        [1, 2, 3].map((accumulate) =>
          train(
            { freeze: 'backbone', epochs: 1, batchSize: 11, accumulate, classWeight, optimizer: { name: 'sgd' } },
            { graph: noDropout },
          ),
        ),
      )
      const values = (run: Awaited<ReturnType<typeof train>>) => run.result.weights.get('head_dense1/kernel')!.data
      for (const part of parts) {
        expect(part.result.history[0]!.loss).toBeCloseTo(whole!.result.history[0]!.loss, 5)
        for (const [i, value] of values(whole!).entries()) expect(values(part)[i]).toBeCloseTo(value, 5)
      }
    },
  )

  test('returns the moving average when asked', async () => {
    const plain = await train({ epochs: 2 })
    const averaged = await train({ epochs: 2, emaDecay: 0.9 })
    expect(averaged.leaked).toBe(0)
    expect(averaged.result.history[1]!.loss).toBe(plain.result.history[1]!.loss)
    expect(averaged.result.weights.get('logits/bias')!.data).not.toEqual(plain.result.weights.get('logits/bias')!.data)
  })

  test.for([
    { name: 'sgd', momentum: 0.9, weightDecay: 1e-4 },
    { name: 'adamW', weightDecay: 0.05 },
  ] as const)('$name trains too, with clipping, balanced classes and stage decay', async (optimizer) => {
    const options = {
      optimizer,
      clipNorm: 1,
      classWeight: 'balanced',
      stageDecay: 0.5,
      learningRate: 3e-2,
      epochs: 6,
    } as const
    const { result, leaked } = await train(options, { graph: tiny })
    expect(result.history.at(-1)!.loss).toBeLessThan(result.history[0]!.loss)
    expect(leaked).toBe(0)
  })
})

test('WASM refuses what its memory cannot hold, and says how to go on', async () => {
  const engine = await loadEngine({ prefer: 'wasm' })
  const graph = withHead(buildArchitecture('resnet18', { inputSize: 1024 }), { numClasses: 3 })
  const input = {
    engine,
    graph,
    weights: new Map(),
    train: examples(4, 1),
    seed: 1,
    options: { epochs: 1, batchSize: 16 },
  }
  await expect(trainClassifier(input)).rejects.toMatchObject({
    code: 'ERR_TOO_LARGE',
    hint: expect.stringContaining('engine install') as string,
  })
})

test('the average forgets early steps as timm’s ModelEmaV3 does', () => {
  for (const [step, decay] of [
    [1, 0],
    [2, 0.37004],
    [10, 0.78455],
    [100, 0.95358],
  ] as const) {
    expect(averageDecay(step, 0.9999)).toBeCloseTo(decay, 4)
  }
  expect(averageDecay(1e6, 0.9)).toBe(0.9)
})
