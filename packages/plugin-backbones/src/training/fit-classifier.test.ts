import { buildArchitecture, initWeights, readModel, withHead, writeModel, type Graph, type Model } from '@etsef/nn'
import type { FeatureBatch, ModelValue, PredictionBatch } from '@etsef/plugin-api'
import { runOperation, someImages, type RunOperationResult } from '@etsef/plugin-api/testing'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import plugin from '../plugin.js'

const [, , finetune, extract] = plugin.operations
const root = mkdtempSync(join(tmpdir(), 'etsef-finetune-'))
const backbone = buildArchitecture('mobilenetV2', { inputSize: 32, width: 0.35 })
const init: ModelValue = { kind: 'model', dir: join(root, 'init') }
const withClasses: ModelValue = { kind: 'model', dir: join(root, 'classes') }
const tinyBackbone: Graph = {
  architecture: 'tiny',
  inputShape: [32, 32, 3],
  nodes: [
    {
      op: 'conv',
      filters: 8,
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
  featureWidth: 8,
  lastSpatialNode: 'relu',
}
const results: RunOperationResult[] = []

async function write(value: ModelValue, graph: Graph, classNames: string[]): Promise<void> {
  await writeModel(value.dir, {
    graph,
    weights: initWeights(graph, 3),
    classNames,
    preprocessing: 'tf',
    trainingRecord: {},
  })
}

beforeAll(async () => {
  await write(init, backbone, [])
  await write(withClasses, withHead(backbone, { numClasses: 2, dropout: 0.2 }), ['class0', 'class1'])
})
afterAll(() => {
  for (const result of results) result.dispose()
  rmSync(root, { recursive: true, force: true })
})

async function run(options: object, images = someImages({ numSamples: 20 }), start = init) {
  const result = await runOperation(finetune!, {
    options: { epochs: 0, headEpochs: 0, ...options },
    inputs: { images, init: start },
  })
  results.push(result)
  return { ...result, model: await readModel((result.outputs['model'] as ModelValue).dir) }
}

const weight = (model: Model, name: string): Float32Array => model.weights.get(name)!.data

test('features are the last hidden layer, predictions the softmax of the logits', async () => {
  const { outputs, model } = await run({ headHidden: [16, 8] })
  const features = outputs['features'] as FeatureBatch
  const predictions = outputs['predictions'] as PredictionBatch
  expect(features.featureNames).toHaveLength(8)
  expect(features.ids).toEqual(someImages({ numSamples: 20 }).ids)
  const [kernel, bias] = [weight(model, 'logits/kernel'), weight(model, 'logits/bias')]
  for (const row of [0, 19]) {
    const logits = [0, 1].map((c) =>
      Array.from({ length: 8 }, (_, i) => features.features[row * 8 + i]! * kernel[i * 2 + c]!).reduce(
        (a, b) => a + b,
        bias[c]!,
      ),
    )
    expect(predictions.scores[row * 2]).toBeCloseTo(1 / (1 + Math.exp(logits[1]! - logits[0]!)), 5)
  }
})

test('keeps the backbone and replaces the head when the class list differs', async () => {
  const { model } = await run({}, someImages({ numSamples: 21, numClasses: 3 }), withClasses)
  const before = await readModel(withClasses.dir)
  expect(weight(model, 'Conv1/kernel')).toEqual(weight(before, 'Conv1/kernel'))
  expect(model.weights.get('logits/bias')!.shape).toEqual([3])
  expect(model.classNames).toEqual(['class0', 'class1', 'class2'])
})

test('keeps the head when classes and head shape are the same', async () => {
  const before = await readModel(withClasses.dir)
  const same = await run({}, someImages({ numSamples: 20 }), withClasses)
  expect(weight(same.model, 'logits/kernel')).toEqual(weight(before, 'logits/kernel'))
  const hidden = await run({ headHidden: [4] }, someImages({ numSamples: 20 }), withClasses)
  expect(hidden.model.weights.get('logits/kernel')!.shape).toEqual([4, 2])
})

test('head epochs leave the backbone as it was; body epochs change it', async () => {
  const start = await readModel(init.dir)
  const head = await run({ headEpochs: 1 })
  expect(weight(head.model, 'Conv1/kernel')).toEqual(weight(start, 'Conv1/kernel'))
  const body = await run({ epochs: 1 })
  expect(weight(body.model, 'Conv1/kernel')).not.toEqual(weight(start, 'Conv1/kernel'))
})

test('learns to tell red from blue, and tells it of test rows', async () => {
  const rows = someImages({ numSamples: 60 })
  const load = (index: number) => {
    const data = Uint8Array.from({ length: 12 * 12 * 3 }, (_, i) =>
      i % 3 === 2 * rows.labels[index]! ? 200 : 60 + ((i * 37 + index * 11) % 50),
    )
    return Promise.resolve({ dtype: 'uint8' as const, shape: [12, 12, 3] as const, data })
  }
  const images = { ...rows, load }
  const tiny: ModelValue = { kind: 'model', dir: join(root, 'tiny') }
  await write(tiny, tinyBackbone, [])
  const { outputs, metrics } = await run({ epochs: 6, batchSize: 6, learningRate: 2e-2, dropout: 0 }, images, tiny)
  const { predicted } = outputs['predictions'] as PredictionBatch
  const test = images.partitions.flatMap((partition, i) => (partition === 'test' ? [i] : []))
  const hits = test.filter((i) => predicted[i] === images.labels[i]).length
  expect(hits / test.length).toBeGreaterThan(0.8)
  expect(metrics.map(({ name }) => name)).toContain('valBalancedAccuracy')
})

test('random changes of train pictures are another training, and the same one for the same seed', async () => {
  const options = { epochs: 1, batchSize: 8 }
  const [plain, light, again] = [
    await run(options),
    await run({ ...options, augment: 'light' }),
    await run({ ...options, augment: 'light' }),
  ]
  expect(weight(light.model, 'Conv1/kernel')).not.toEqual(weight(plain.model, 'Conv1/kernel'))
  expect(weight(again.model, 'Conv1/kernel')).toEqual(weight(light.model, 'Conv1/kernel'))
})

test('says that there are no train rows', async () => {
  const images = someImages({ numSamples: 8, partition: () => 'test' })
  await expect(run({ epochs: 1 }, images)).rejects.toMatchObject({ code: 'ERR_TOO_FEW_ROWS' })
})

test('extract takes any node, and refuses an unknown one with the names of likely ones', async () => {
  const images = someImages({ numSamples: 4 })
  const pooled = await runOperation(extract!, { inputs: { images, model: init } })
  const earlier = await runOperation(extract!, {
    options: { layer: 'block_3_expand_relu', runner: 'engine' },
    inputs: { images, model: init },
  })
  results.push(pooled, earlier)
  expect((pooled.outputs['features'] as FeatureBatch).featureNames).toHaveLength(1280)
  expect((earlier.outputs['features'] as FeatureBatch).featureNames.length).toBeLessThan(200)
  await expect(
    runOperation(extract!, { options: { layer: 'nowhere' }, inputs: { images, model: init } }),
  ).rejects.toMatchObject({
    code: 'ERR_BAD_OPTION',
  })
})

test('the plan refuses an unknown stage and suggests the nearest', () => {
  const issues: object[] = []
  finetune!.plan!({
    options: { freeze: 'stag2', inputSize: null, headHidden: [8] },
    inputs: {
      images: { kind: 'images', classNames: ['a', 'b'] },
      init: { kind: 'model', architecture: 'mobilenetV2' },
    } as never,
    issue: (at, message, details) => issues.push({ at, message, ...details }),
  })
  expect(issues).toEqual([expect.objectContaining({ at: 'freeze', hint: 'did you mean "stage2"?' })])
})
