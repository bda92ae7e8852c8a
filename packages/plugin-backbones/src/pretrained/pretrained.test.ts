import { readModel, writeTfjs } from '@etsef/nn'
import type { FeatureBatch, ImageBatch, ModelValue } from '@etsef/plugin-api'
import { runOperation, someImages, type RunOperationResult } from '@etsef/plugin-api/testing'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import plugin from '../plugin.js'
import { weightFileEndings } from './weight-file.js'

// Written by tools/peers/backbones-weight-files.py, which names the peers' versions in reference.json.
const fixtures = join(import.meta.dirname, 'fixtures')
const reference = JSON.parse(readFileSync(join(fixtures, 'reference.json'), 'utf8')) as Record<
  'keras' | 'torch',
  readonly number[]
>
const shared = process.env['ETSEF_SHARED'] ?? join(import.meta.dirname, '../../../../../shared')
const [pretrained, , finetune, extract] = plugin.operations
const start = { architecture: 'mobilenetV2', width: 0.35, inputSize: 32, cut: 'block_2_add' }
const root = mkdtempSync(join(tmpdir(), 'etsef-pretrained-'))
const results: RunOperationResult[] = []

afterAll(() => {
  for (const result of results) result.dispose()
  rmSync(root, { recursive: true, force: true })
})

async function load(options: object): Promise<ModelValue> {
  const result = await runOperation(pretrained!, { options: { ...start, ...options } })
  results.push(result)
  return result.outputs['model'] as ModelValue
}

/** The peer script's picture, for every row. */
function picture(numSamples = 2): ImageBatch {
  const data = Uint8Array.from({ length: 32 * 32 * 3 }, (_, i) => (i * 37 + Math.floor(i / 7) * 11) % 256)
  return {
    ...someImages({ numSamples }),
    load: () => Promise.resolve({ dtype: 'uint8', shape: [32, 32, 3], data }),
  }
}

async function featuresOf(model: ModelValue): Promise<Float32Array> {
  const result = await runOperation(extract!, { inputs: { images: picture(), model } })
  results.push(result)
  return (result.outputs['features'] as FeatureBatch).features.subarray(0, 8)
}

function expectClose(actual: Float32Array, expected: readonly number[]): void {
  const scale = Math.max(...expected.map(Math.abs))
  const worst = Math.max(...expected.map((value, i) => Math.abs(value - actual[i]!)))
  expect(worst / scale).toBeLessThan(1e-4)
}

beforeAll(async () => {
  const model = await readModel((await load({ weights: join(fixtures, 'keras.keras'), variant: 'keras' })).dir)
  await writeTfjs(join(root, 'tfjs-graph'), model.graph, model.weights)
})

describe('the first blocks of MobileNetV2', () => {
  test.each(['keras.h5', 'keras.weights.h5', 'keras.keras', 'keras.tflite', 'tfjs-layers', 'tfjs-layers/model.json'])(
    'give Keras’ features from %s',
    async (file) => {
      const model = await load({ weights: join(fixtures, file), variant: 'keras' })
      expectClose(await featuresOf(model), reference.keras)
    },
  )

  test.each(['torch.pth', 'torch.safetensors'])('give torchvision’s features from %s', async (file) => {
    const model = await load({ weights: join(fixtures, file), variant: 'torch' })
    expectClose(await featuresOf(model), reference.torch)
  })

  test('give the same features from a TF.js graph model and from a model directory of ours', async () => {
    const fromGraph = await load({ weights: join(root, 'tfjs-graph'), variant: 'keras' })
    expectClose(await featuresOf(fromGraph), reference.keras)
    const whole = await load({ weights: join(fixtures, 'keras.h5'), variant: 'keras' })
    expectClose(await featuresOf(await load({ weights: whole.dir, variant: 'keras' })), reference.keras)
  })

  test('can be trained on when their batch norms are folded', async () => {
    const init = await load({ weights: join(fixtures, 'keras.tflite'), variant: 'keras' })
    const images = someImages({ numSamples: 20 })
    const options = { epochs: 1, headEpochs: 0, batchSize: 8, freeze: 'stem' }
    const result = await runOperation(finetune!, { options, inputs: { images, init } })
    results.push(result)
    const [before, after] = [await readModel(init.dir), await readModel((result.outputs['model'] as ModelValue).dir)]
    expect(after.graph.nodes.some((node) => node.op === 'batchNorm')).toBe(false)
    expect(after.weights.get('Conv1/kernel')).toEqual(before.weights.get('Conv1/kernel'))
    expect(after.weights.get('block_2_project/kernel')).not.toEqual(before.weights.get('block_2_project/kernel'))
  })
})

describe('weights that cannot be used', () => {
  test.each([
    ['keras.tflite', { width: 1 }, /"Conv1\/kernel" of mobilenetV2/, '[3, 3, 3, 32]'],
    ['keras.h5', { width: 1 }, /"Conv1\/kernel" of mobilenetV2/, '[3, 3, 3, 32]'],
    ['torch.pth', { width: 1, variant: 'torch' }, /"Conv1\/kernel" of mobilenetV2/, '[3, 3, 3, 32]'],
  ])('of %s for another width name the first tensor and both shapes', async (file, options, message, expected) => {
    await expect(load({ weights: join(fixtures, file), ...options })).rejects.toMatchObject({
      code: 'ERR_WEIGHTS',
      option: 'weights',
      message: expect.stringMatching(message) as string,
      expected,
      received: expect.stringMatching(/^\[3, 3, 3, \d+\]$/) as string,
    })
  })

  test.each([
    ['keras.keras', 'resnet18', '"conv1_conv/kernel" [7, 7, 3, 64]'],
    ['torch.safetensors', 'resnet18', '"conv1_conv/kernel" [7, 7, 3, 64]'],
    ['tfjs-layers', 'mobilenetV1', '"conv1_bn/gamma" [16]'],
  ])('of %s for %s name what is missing and what there is', async (file, architecture, expected) => {
    const options = { architecture, width: architecture === 'resnet18' ? 1 : 0.5, cut: null }
    await expect(load({ weights: join(fixtures, file), ...options })).rejects.toMatchObject({
      code: 'ERR_WEIGHTS',
      option: 'weights',
      expected,
      received: expect.stringMatching(/ that do not, such as ".+" \[/) as string,
    })
  })

  test('of a TFLite file for another network name the layer', async () => {
    const options = { architecture: 'resnet18', width: 1, cut: null, weights: join(fixtures, 'keras.tflite') }
    await expect(load(options)).rejects.toMatchObject({
      code: 'ERR_WEIGHTS',
      option: 'weights',
      message: expect.stringMatching(/layer 2 of the file/) as string,
    })
  })

  test.each(weightFileEndings)('are refused when a file that ends in %s holds something else', async (ending) => {
    const path = join(root, `other${ending}`)
    writeFileSync(path, 'not weights at all, whatever the name says')
    await expect(load({ weights: path })).rejects.toMatchObject({ code: 'ERR_WEIGHTS', option: 'weights' })
  })
})

describe('the plan', () => {
  function problems(options: object): object[] {
    const issues: object[] = []
    pretrained!.inspect!({
      options: { ...start, ...options },
      resolve: (path) => path,
      issue: (at, message, details) => issues.push({ at, message, ...details }),
    })
    return issues
  }

  test('refuses a file in no known format, and a folder without weights', () => {
    copyFileSync(join(fixtures, 'keras.h5'), join(root, 'weights.ckpt'))
    mkdirSync(join(root, 'empty'))
    expect(problems({ weights: join(root, 'weights.ckpt') })).toMatchObject([{ at: 'weights', received: '.ckpt' }])
    expect(problems({ weights: join(root, 'empty') })).toMatchObject([{ at: 'weights' }])
    for (const file of ['keras.tflite', 'tfjs-layers', 'torch.pth'])
      expect(problems({ weights: join(fixtures, file) })).toEqual([])
  })
})

const real = join(shared, 'weights')
describe.skipIf(!existsSync(real))('published weights (needs ../shared/weights)', () => {
  test.each([
    ['coral-imagenet-tflite/mobilenet_v1_0.25_128_quant.tflite', 'mobilenetV1', 0.25, 128, null, 256],
    ['teachable-mobilenet-v2-0.35-224', 'mobilenetV2', 0.35, 96, null, 1280],
    ['mobilenet-v1-1.0-224-tfjs-partial', 'mobilenetV1', 1, 96, 'conv_dw_13_relu', 1024],
  ])('%s extracts features', async (path, architecture, width, inputSize, cut, numFeatures) => {
    const model = await load({ weights: join(real, path), architecture, width, inputSize, cut })
    const result = await runOperation(extract!, { inputs: { images: someImages({ numSamples: 4 }), model } })
    results.push(result)
    const { features, featureNames } = result.outputs['features'] as FeatureBatch
    expect(featureNames).toHaveLength(numFeatures)
    expect(features.every(Number.isFinite)).toBe(true)
    expect(features.slice(0, numFeatures)).not.toEqual(features.slice(numFeatures, 2 * numFeatures))
  })
})
