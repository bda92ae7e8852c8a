import { initWeights, loadEngine, viewPresets, type Scalar, type Tensor2D, type Tf } from '@etsef/nn'
import { testEngines } from '@etsef/nn/testing'
import { createRng } from '@etsef/plugin-api'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { planProbe } from '../monitors/probes.js'
import { simclrMethod } from '../nt-xent/simclr-method.js'
import { simsiamMethod } from '../simsiam/simsiam-method.js'
import { supconMethod } from '../supcon/supcon-method.js'
import { colouredPictures, pictureStore, smallHead, tinyBackbone, tinyRun } from '../testing/tiny-run.js'
import type { SelfSupervisedMethod } from './method.js'
import { trainSelfSupervised } from './train-frame.js'

const methods: readonly SelfSupervisedMethod[] = [
  simclrMethod(smallHead, 0.5),
  simclrMethod({ ...smallHead, batchNorm: 'published' }, 0.5),
  supconMethod(smallHead, 0.5),
  simsiamMethod({ ...smallHead, batchNorm: 'affineless' }, 8),
]
const labels = Int32Array.from({ length: 17 }, (_, i) => i % 3)

describe.each(testEngines)('on %s', (name) => {
  test('the loss falls towards the best reachable one, and the embeddings do not collapse', async () => {
    const engine = await loadEngine({ prefer: name })
    const before = engine.tf.memory().numTensors
    const { history, graph } = await trainSelfSupervised(tinyRun(engine, { options: { epochs: 12 } }))
    expect(engine.tf.memory().numTensors).toBe(before)
    expect(history.at(-1)!.position).toBeLessThan(0.7 * history[0]!.position!)
    expect(history.at(-1)!.std).toBeGreaterThan(0.05)
    expect(history.at(-1)!.rankMe).toBeGreaterThan(2)
    expect(graph.nodes.some((node) => node.stage === 'projection')).toBe(false)
  })

  test.for(methods.map((method, i) => [`${method.name} ${String(i)}`, method] as const))(
    '%s: a run that goes on from a checkpoint ends with the same weights',
    async ([, method]) => {
      const directory = await mkdtemp(join(tmpdir(), 'etsef-'))
      try {
        const engine = await loadEngine({ prefer: name })
        const before = engine.tf.memory().numTensors
        const options = { optimizer: method.name === 'supcon' ? 'lars' : 'adamW', weightDecay: 1e-4, chunk: 5 } as const
        const uncut = tinyRun(engine, { method, labels, options })
        const input = { ...uncut, checkpoint: { directory, name: method.name } }
        const whole = await trainSelfSupervised(uncut)
        // The cosine depends on the number of epochs, so the first part is a run of two stopped after one.
        const stop = new AbortController()
        await expect(trainSelfSupervised({ ...input, signal: stop.signal, onEpoch: () => { stop.abort() } })).rejects.toThrow(/abort/i) // prettier-ignore
        const resumed = await trainSelfSupervised(input)
        expect(resumed.weights).toEqual(whole.weights)
        expect(resumed.history).toEqual(whole.history)
        expect(engine.tf.memory().numTensors).toBe(before)
      } finally {
        await rm(directory, { recursive: true })
      }
    },
  )
})

describe('labels', () => {
  test('are probed before training and after each epoch, and change no weight', async () => {
    const engine = await loadEngine({ prefer: 'wasm' })
    const groups = Array.from(labels, (_, i) => `g${String(i)}`)
    const rows = { labels, groups, sourceIds: groups }
    const probed = await trainSelfSupervised(tinyRun(engine, { labels, probe: planProbe(rows, createRng(1)) }))
    const unlabelled = await trainSelfSupervised(tinyRun(engine, {}))
    expect(probed.weights).toEqual(unlabelled.weights)
    expect(probed.before).toMatchObject({ knn: expect.any(Number) as number, linear: expect.any(Number) as number })
    expect(probed.history.every(({ knn, linear }) => knn !== null && linear !== null)).toBe(true)
    expect(unlabelled.before).toBeNull()
  })
  test('reach a supervised method alone', async () => {
    const engine = await loadEngine({ prefer: 'wasm' })
    const seen: number[] = []
    const spy = (method: SelfSupervisedMethod): SelfSupervisedMethod => ({
      ...method,
      position: (loss, batch) => {
        seen.push(...batch.labels)
        return method.position(loss, batch)
      },
    })
    await trainSelfSupervised(
      tinyRun(engine, { labels, method: spy(simclrMethod(smallHead, 0.5)), options: { epochs: 1 } }),
    )
    expect(new Set(seen)).toEqual(new Set([-1]))
    seen.length = 0
    await trainSelfSupervised(
      tinyRun(engine, { labels, method: spy(supconMethod(smallHead, 0.5)), options: { epochs: 1 } }),
    )
    expect(new Set(seen)).toEqual(new Set([0, 1, 2]))
  })
})

/** The notebooks' loss: dot products of raw projections. */
function rawLoss(tf: Tf, z: Tensor2D, temperature: number): Scalar {
  const rows = z.shape[0]
  const self = tf.mul(tf.eye(rows), -1e9)
  const partner = tf.tensor2d(
    Float32Array.from({ length: rows * rows }, (_, i) =>
      (Math.floor(i / rows) + rows / 2) % rows === i % rows ? 1 / rows : 0,
    ),
    [rows, rows],
  )
  const similarity = tf.div(tf.matMul(z, z, false, true), temperature)
  return tf.neg(tf.sum<Scalar>(tf.mul(tf.logSoftmax(tf.add(similarity, self)), partner)))
}

describe('a training that learns nothing stops within three epochs and says which monitor tells', () => {
  const still = { ...viewPresets.grayscale, jitter: 0, cropScale: [1, 1], flip: 0, blur: 0 } as const
  const raw: SelfSupervisedMethod = {
    ...simclrMethod(smallHead, 2),
    loss: (tf, [z]) => rawLoss(tf, z!, 2),
  }
  const rawSupcon: SelfSupervisedMethod = { ...supconMethod(smallHead, 2), loss: (tf, [z]) => rawLoss(tf, z!, 2) }
  test.for([
    ['temperature 2 without normalisation', 'scale', { method: raw }],
    ['views that are identical', 'views', { options: { views: still } }],
    ['pictures of one colour', 'pictures', { pixels: pictureStore(17, 32, (picture) => 10 * picture) }],
    ['one picture many times', 'pictures', { pixels: pictureStore(17, 32, (_, place) => (place * 7919) % 256) }],
    ['two pictures a step', 'batch', { options: { batchSize: 2 } }],
    ['a hundred times the rate', 'rate', { options: { learningRate: 1 } }],
    ['a hundred times the rate, SGD', 'rate', { options: { learningRate: 100, optimizer: 'sgd' } }],
    ...methods.slice(2).flatMap((method) => {
      const rows = { method, labels }
      return [
        [`${method.name}, views that are identical`, 'views', { ...rows, options: { views: still } }],
        [`${method.name}, pictures of one colour`, 'pictures', { ...rows, pixels: pictureStore(17, 32, (picture) => 10 * picture) }], // prettier-ignore
        [`${method.name}, two pictures a step`, 'batch', { ...rows, options: { batchSize: 2 } }],
        [`${method.name}, a hundred times the rate`, 'rate', { ...rows, options: { learningRate: 1 } }],
      ] as const
    }),
    ['supcon, temperature 2 without normalisation', 'scale', { labels, method: rawSupcon }],
  ] as const)('%s: %s', async ([, monitor, parts]) => {
    const engine = await loadEngine({ prefer: 'wasm' })
    const before = engine.tf.memory().numTensors
    const seen: number[] = []
    const run = trainSelfSupervised({ ...tinyRun(engine, { ...parts, options: { epochs: 6, ...('options' in parts ? parts.options : {}) } }), onEpoch: ({ epoch }) => void seen.push(epoch) }) // prettier-ignore
    await expect(run).rejects.toMatchObject({
      code: 'ERR_NOT_LEARNING',
      message: expect.stringMatching(new RegExp(`"${monitor}".* since `)) as string,
      received: expect.any(String) as string,
      hint: expect.any(String) as string,
    })
    expect(Math.max(0, ...seen)).toBeLessThanOrEqual(3)
    expect(engine.tf.memory().numTensors).toBe(before)
  })
  test('no seed of a healthy one stops', async () => {
    const engine = await loadEngine({ prefer: 'wasm' })
    for (const seed of ['a', 'b', 'c']) {
      for (const method of methods) {
        const run = tinyRun(engine, { seed, method, labels, weights: initWeights(tinyBackbone, seed.charCodeAt(0)) })
        expect((await trainSelfSupervised({ ...run, options: { ...run.options, epochs: 5 } })).history.length).toBe(5)
      }
    }
  })
  test('a last batch of one picture, which could only be told from itself, is left out', async () => {
    const engine = await loadEngine({ prefer: 'wasm' })
    const sizes: number[] = []
    const method = simclrMethod(smallHead, 0.5)
    const spy: SelfSupervisedMethod = {
      ...method,
      position: (loss, batch) => {
        sizes.push(batch.numImages)
        return method.position(loss, batch)
      },
    }
    const { history } = await trainSelfSupervised(tinyRun(engine, { method: spy, options: { epochs: 1 } }))
    // Of 17 pictures.
    expect(sizes).toEqual([8, 8])
    expect(Number.isFinite(history[0]!.loss)).toBe(true)
  })
  test('three pictures are refused', async () => {
    const engine = await loadEngine({ prefer: 'wasm' })
    const run = trainSelfSupervised(tinyRun(engine, { pixels: colouredPictures(3, 32) }))
    await expect(run).rejects.toMatchObject({ code: 'ERR_TOO_FEW_ROWS' })
  })
})
