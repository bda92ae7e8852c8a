import { initWeights, readModel, writeModel, type Graph } from '@etsef/nn'
import {
  createRng,
  type FeatureBatch,
  type ImageBatch,
  type ModelValue,
  type OperationContext,
  type PredictionBatch,
} from '@etsef/plugin-api'
import { opaqueId } from '@etsef/plugin-api/semantics'
import { checkedOptions, runOperation, someRows, type RunOperationResult } from '@etsef/plugin-api/testing'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { of } from 'rxjs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTraining } from '../training/fit-classifier.js'
import plugin from '../plugin.js'
import { fitFolds, type CrossFitOptions, type CrossFitted } from './fit-cross-fitted.js'
import { openCrossFitted } from './open-cross-fitted.js'
import { readCrossFit } from './cross-fit-files.js'

const [, , finetune] = plugin.operations
const root = mkdtempSync(join(tmpdir(), 'etsef-cross-fit-'))
const init: ModelValue = { kind: 'model', dir: join(root, 'init') }
const results: RunOperationResult[] = []
const side = 16
const numFolds = 3
/** Many processes may share the machine. */
const patience = 120_000

const conv = { op: 'conv', padding: 'valid', bias: true, stage: 'stem' } as const
/** Two dense layers in the dress of convolutions: it learns any 4 x 4 grid of colours by heart. */
const network: Graph = {
  architecture: 'tiny',
  inputShape: [side, side, 3],
  nodes: [
    { ...conv, filters: 32, kernel: [4, 4], strides: [4, 4], name: 'cells', inputs: ['input'] },
    { op: 'activation', activation: 'relu', name: 'cells_relu', inputs: ['cells'], stage: 'stem' },
    { ...conv, filters: 32, kernel: [4, 4], strides: [1, 1], name: 'grid', inputs: ['cells_relu'] },
    { op: 'activation', activation: 'relu', name: 'grid_relu', inputs: ['grid'], stage: 'stem' },
    { op: 'globalAvgPool', keepDims: false, name: 'pool', inputs: ['grid_relu'], stage: 'stem' },
  ],
  featureNode: 'pool',
  featureWidth: 32,
  lastSpatialNode: 'grid_relu',
}

/** Random 4 x 4 grids of grey; the class makes a few cells somewhat brighter, so that the best answer is right four times in five. */
function grids(numSamples: number, labels?: Int32Array): ImageBatch {
  const rows = { ...someRows({ numSamples, partition: (i) => (i % 5 < 2 ? 'train' : 'test') }) }
  // Labels must not follow from the position, as partitions do.
  const drawn = Int32Array.from(rows.ids, (id) => createRng('label', id).integer(2))
  const load = (index: number) => {
    const rng = createRng('grid', rows.ids[index]!)
    const lift = drawn[index] === 1 ? 24 : 0
    const cells = Array.from({ length: 16 }, (_, cell) => 128 + 40 * rng.normal() + (cell < 5 ? lift : 0))
    const data = Uint8Array.from({ length: side * side * 3 }, (_, i) => {
      const [y, x] = [Math.floor(i / 3 / side), Math.floor(i / 3) % side]
      return Math.max(0, Math.min(255, cells[Math.floor(y / 4) * 4 + Math.floor(x / 4)]!))
    })
    return Promise.resolve({ dtype: 'uint8' as const, shape: [side, side, 3] as const, data })
  }
  const base = {
    kind: 'images' as const,
    ...rows,
    uris: rows.ids,
    parentIds: rows.ids,
    transforms: rows.ids.map(() => []),
  }
  return { ...base, labels: labels ?? drawn, load }
}

const training = {
  epochs: 25,
  headEpochs: 0,
  learningRate: 1e-2,
  batchSize: 16,
  headHidden: [16],
  dropout: 0,
  tta: 'none',
}

async function run(options: object, images = grids(240)) {
  const result = await runOperation(finetune!, { options: { ...training, ...options }, inputs: { images, init } })
  results.push(result)
  const features = result.outputs['features'] as FeatureBatch
  const predictions = result.outputs['predictions'] as PredictionBatch
  return { ...result, features, predictions, dir: (result.outputs['model'] as ModelValue).dir }
}

type Run = Awaited<ReturnType<typeof run>>

beforeAll(() =>
  writeModel(init.dir, {
    graph: network,
    weights: initWeights(network, 3),
    classNames: [],
    preprocessing: 'tf',
    trainingRecord: {},
  }),
)
afterAll(() => {
  for (const result of results) result.dispose()
  rmSync(root, { recursive: true, force: true })
})

/** Accuracy of ridge regression on the classes, fitted on train rows' features and applied to rows of another partition. */
function linearAccuracy({ features: { features, featureNames } }: Run, images: ImageBatch, partition: string): number {
  const width = featureNames.length
  const rowsIn = (name: string): number[] => images.partitions.flatMap((value, i) => (value === name ? [i] : []))
  const train = rowsIn('train')
  const mean = Float64Array.from({ length: width }, (_, j) => average(train.map((row) => features[row * width + j]!)))
  const at = (row: number, j: number): number => features[row * width + j]! - mean[j]!
  const target = (row: number): number => (images.labels[row] === 1 ? 1 : -1)
  const spread = average(train.flatMap((row) => Array.from({ length: width }, (_, j) => at(row, j) ** 2)))
  const weights = new Float64Array(width)
  let bias = 0
  for (let step = 0; step < 2000; step++) {
    const gradient = new Float64Array(width)
    let sum = 0
    for (const row of train) {
      const error = bias + weights.reduce((total, weight, j) => total + weight * at(row, j), 0) - target(row)
      sum += error
      for (let j = 0; j < width; j++) gradient[j]! += error * at(row, j)
    }
    bias -= (0.5 * sum) / train.length
    for (let j = 0; j < width; j++)
      weights[j]! -= (0.5 / (spread * width)) * (gradient[j]! / train.length + 0.01 * spread * weights[j]!)
  }
  const rows = rowsIn(partition)
  const hits = rows.filter(
    (row) =>
      (bias + weights.reduce((total, weight, j) => total + weight * at(row, j), 0) > 0 ? 1 : 0) === images.labels[row],
  )
  return hits.length / rows.length
}

function average(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length
}

test(
  'a classifier on top is as good on test rows, and far less sure of train rows',
  { timeout: patience },
  async () => {
    const images = grids(300)
    const scores = [await run({}, images), await run({ crossFit: numFolds, crossFitFeatures: 'aligned' }, images)].map(
      (each) => ({
        train: linearAccuracy(each, images, 'train'),
        test: linearAccuracy(each, images, 'test'),
      }),
    )
    const [without, crossed] = scores as [(typeof scores)[0], (typeof scores)[0]]
    expect(without.train - without.test).toBeGreaterThan(0.2)
    expect(crossed.train - crossed.test).toBeLessThan((without.train - without.test) / 2)
    expect(crossed.test).toBeGreaterThan(without.test - 0.05)
    const metric = (name: string): number => results.at(-1)!.metrics.find((each) => each.name === name)!.value
    expect(metric('trainAccuracy')).toBeGreaterThan(metric('outOfFoldAccuracy') + 0.1)
  },
)

describe('a short training', () => {
  const images = grids(60)
  const options = { ...training, epochs: 2, crossFit: numFolds, crossFitFeatures: 'aligned' }
  const checked = checkedOptions(finetune!, options) as CrossFitOptions
  const trainRows = images.partitions.flatMap((value, i) => (value === 'train' ? [i] : []))
  const folds = Int32Array.from(trainRows, (_, i) => i % numFolds)

  async function fitted(batch: ImageBatch, given: CrossFitOptions = checked): Promise<CrossFitted> {
    const dir = mkdtempSync(join(root, 'fit-'))
    const ctx = contextIn(dir)
    return fitFolds(await openTraining(of(batch), init.dir, given, ctx), folds, given, ctx)
  }

  /** Features and logits as `apply` gives them, which sees no labels. */
  async function embed({ model, crossFit }: CrossFitted, batch: ImageBatch, isAligned: boolean) {
    const unaligned = { ...crossFit, folds: crossFit.folds.map((fold) => ({ ...fold, alignment: undefined })) }
    const embedder = await openCrossFitted(model, isAligned ? crossFit : unaligned, 'none', contextIn(root))
    const pixels = new Uint8Array(batch.ids.length * side * side * 3)
    for (const i of batch.ids.keys()) pixels.set((await batch.load(i)).data, i * side * side * 3)
    const out = await embedder.run(batch, pixels)
    await embedder.close()
    return out
  }

  const rowOf = (values: Float32Array, row: number, width: number): number[] => [
    ...values.subarray(row * width, (row + 1) * width),
  ]

  test('of networks that never saw a row: its label changes nothing about its features', async () => {
    const row = trainRows[4]!
    const labels = images.labels.map((label, i) => (i === row ? 1 - label : label))
    const [before, after] = [await fitted(images), await fitted({ ...images, labels })]
    const fold = folds[4]!
    expect(after.crossFit.folds[fold]!.model.weights).toEqual(before.crossFit.folds[fold]!.model.weights)
    expect(after.model.weights).not.toEqual(before.model.weights)
    const [a, b] = [await embed(before, images, false), await embed(after, images, false)]
    trainRows.forEach((other, i) => {
      const isSame = folds[i] === fold
      for (const [x, y, width] of [
        [a.features, b.features, 16],
        [a.logits, b.logits, 2],
      ] as const) {
        if (isSame) expect(rowOf(y, other, width)).toEqual(rowOf(x, other, width))
        else expect(rowOf(y, other, width)).not.toEqual(rowOf(x, other, width))
      }
    })
    // Aligned features change with the frame of the main model, which is one and the same for every row of the fold.
    const [c, d] = [await embed(before, images, true), await embed(after, images, true)]
    const sameFold = trainRows.filter((_, i) => folds[i] === fold)
    const shift = (one: Float32Array, i: number, j: number): number =>
      Math.hypot(...rowOf(one, sameFold[i]!, 16).map((value, k) => value - rowOf(one, sameFold[j]!, 16)[k]!))
    const ratio = shift(d.features, 0, 1) / shift(c.features, 0, 1)
    for (let i = 2; i < sameFold.length; i++)
      expect(shift(d.features, 0, i) / shift(c.features, 0, i)).toBeCloseTo(ratio, 3)
  })

  test('val and test rows, and pictures that only share an id, go through the main network', async () => {
    const state = await fitted(images)
    const main = await embed({ ...state, crossFit: { ...state.crossFit, rows: [] } }, images, true)
    const crossed = await embed(state, images, true)
    const others = await embed(state, { ...images, sourceIds: images.ids.map(() => 'another') }, true)
    for (const row of images.ids.keys()) {
      const isTrain = trainRows.includes(row)
      const expected = rowOf(main.features, row, 16)
      if (isTrain) expect(rowOf(crossed.features, row, 16)).not.toEqual(expected)
      else expect(rowOf(crossed.features, row, 16)).toEqual(expected)
      expect(rowOf(others.features, row, 16)).toEqual(expected)
    }
  })

  test('gives the same bytes again, and a state that reads back', async () => {
    const [first, second] = [await run(options, images), await run(options, images)]
    expect(second.features.features).toEqual(first.features.features)
    expect(second.predictions.scores).toEqual(first.predictions.scores)
    const { rows, folds: models } = (await readCrossFit(first.dir))!
    expect(rows.map(({ id }) => id)).toEqual(trainRows.map((row) => opaqueId(images.ids[row]!, images.sourceIds[row]!)))
    expect(new Set(rows.map(({ fold }) => fold))).toEqual(new Set([0, 1, 2]))
    expect(models).toHaveLength(numFolds)
    expect((await readModel(first.dir)).classNames).toEqual(images.classNames)
    const plain = await run({ ...options, crossFit: null }, images)
    expect(await readCrossFit(plain.dir)).toBeUndefined()
    // The main network is the one that would be trained without folds.
    expect((await readModel(plain.dir)).weights).toEqual((await readModel(first.dir)).weights)
  })

  test('logits are features with one column per class', async () => {
    const { features, predictions } = await run({ ...options, crossFitFeatures: 'logits' }, images)
    expect(features.featureNames).toEqual(['logit:class0', 'logit:class1'])
    for (const row of images.ids.keys()) {
      const [a, b] = rowOf(features.features, row, 2) as [number, number]
      expect(predictions.scores[2 * row]).toBeCloseTo(1 / (1 + Math.exp(b - a)), 6)
    }
  })

  test('a copy stays in its original’s fold, and a class in one fold is told of', async () => {
    const half = images.sourceIds.map((_, i) => images.sourceIds[i - (i % 2)]!)
    const groups = images.ids.map((_, i) => (images.labels[i] === 0 ? 'one patient' : `group-${i}`))
    const { logs, dir } = await run({ ...options, epochs: 0 }, { ...images, sourceIds: half })
    const foldOf = new Map<string, number>()
    for (const { sourceId, fold } of (await readCrossFit(dir))!.rows) {
      expect(foldOf.get(sourceId) ?? fold).toBe(fold)
      foldOf.set(sourceId, fold)
    }
    expect(logs.map(({ message }) => message).join()).not.toContain('one fold')
    const told = await run({ ...options, epochs: 0 }, { ...images, groups })
    expect(told.logs.map(({ message }) => message).join()).toContain('class "class0" are in one fold')
  })

  test('needs as many groups as folds', async () => {
    const groups = images.ids.map(() => 'one patient')
    await expect(run(options, { ...images, groups })).rejects.toMatchObject({
      code: 'ERR_TOO_FEW_ROWS',
      option: 'crossFit',
    })
  })
})

test('the plan knows the columns of logits', () => {
  const plan = (options: Readonly<Record<string, unknown>>) =>
    finetune!.plan!({
      options: checkedOptions(finetune!, options),
      inputs: { images: { kind: 'images', classNames: ['a', 'b', 'c'] }, init: { kind: 'model' } } as never,
      issue: () => undefined,
    })['features']
  expect(plan({ crossFit: 3, headHidden: [8] })).toEqual({ numFeatures: 3 })
  expect(plan({ crossFit: 3, crossFitFeatures: 'aligned', headHidden: [8] })).toEqual({ numFeatures: 8 })
  expect(plan({ crossFitFeatures: 'logits', headHidden: [8] })).toEqual({ numFeatures: 8 })
})

function contextIn(dir: string): OperationContext {
  const make = (name: string): string => {
    mkdirSync(join(dir, name), { recursive: true })
    return join(dir, name)
  }
  return {
    signal: new AbortController().signal,
    seed: '1',
    rng: (...labels) => createRng('1', ...labels),
    log: () => undefined,
    progress: () => undefined,
    metric: () => undefined,
    tmpDir: make('tmp'),
    checkpointDir: make('checkpoint'),
    outputDir: make,
    engine: process.env['ETSEF_ENGINE'] ?? 'wasm',
    threads: 1,
  }
}
