import { buildArchitecture, initWeights, withHead, writeModel } from '@etsef/nn'
import type { FeatureBatch, ImageBatch, ModelValue, PredictionBatch } from '@etsef/plugin-api'
import { createRng } from '@etsef/plugin-api'
import { runOperation, someImages } from '@etsef/plugin-api/testing'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import plugin from '../plugin.js'
import { numViews, squareView, ttaModes, type TtaMode } from './square-views.js'

const [, , finetune, extract] = plugin.operations
const side = 32
const model: ModelValue = { kind: 'model', dir: mkdtempSync(join(tmpdir(), 'etsef-tta-')) }
const width = 1280

beforeAll(async () => {
  const backbone = buildArchitecture('mobilenetV2', { inputSize: side, width: 0.35 })
  const graph = withHead(backbone, { numClasses: 2 })
  const classNames = ['class0', 'class1']
  await writeModel(model.dir, {
    graph,
    weights: initWeights(graph, 5),
    classNames,
    preprocessing: 'tf',
    trainingRecord: {},
  })
})
afterAll(() => {
  rmSync(model.dir, { recursive: true, force: true })
})

/** Two pictures of noise; `change` may rearrange their pixels. */
function pictures(change: (pixels: Uint8Array) => Uint8Array = (pixels) => pixels): ImageBatch {
  return {
    ...someImages({ numSamples: 2 }),
    load: (index) => {
      const rng = createRng('tta', index)
      const pixels = Uint8Array.from({ length: side * side * 3 }, () => rng.integer(256))
      return Promise.resolve({ dtype: 'uint8', shape: [side, side, 3], data: change(pixels) })
    },
  }
}

/** The sum over all eight symmetries has all of them. */
function symmetric(pixels: Uint8Array): Uint8Array {
  const sum = new Float64Array(pixels.length)
  for (let view = 0; view < 8; view++)
    squareView(pixels, side, 'flipsAndRotations', view).forEach((value, i) => (sum[i]! += value))
  return Uint8Array.from(sum, (value) => Math.round(value / 8))
}

async function extracted(tta: TtaMode, images: ImageBatch): Promise<Float32Array> {
  const result = await runOperation(extract!, { options: { tta }, inputs: { images, model } })
  result.dispose()
  return (result.outputs['features'] as FeatureBatch).features
}

describe.each(ttaModes.filter((mode) => mode !== 'none'))('%s', (mode) => {
  test('changes nothing about a picture with all symmetries', async () => {
    expect(await extracted(mode, pictures(symmetric))).toEqual(await extracted('none', pictures(symmetric)))
  })

  test('averages the features of the views', async () => {
    const parts: Float32Array[] = []
    for (let view = 0; view < numViews(mode); view++)
      parts.push(
        await extracted(
          'none',
          pictures((pixels) => squareView(pixels, side, mode, view)),
        ),
      )
    const averaged = await extracted(mode, pictures())
    expect(averaged).toHaveLength(2 * width)
    const expected = averaged.map((_, i) => parts.reduce((sum, part) => sum + part[i]!, 0) / parts.length)
    averaged.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 5))
    expect(averaged).not.toEqual(parts[0])
  })
})

test('finetune averages features and logits', async () => {
  const run = async (tta: TtaMode, images: ImageBatch) => {
    const options = { epochs: 0, headEpochs: 0, tta }
    const train = { ...images, partitions: ['train' as const, 'train' as const] }
    const result = await runOperation(finetune!, { options, inputs: { images: train, init: model } })
    result.dispose()
    const { scores } = result.outputs['predictions'] as PredictionBatch
    return { features: (result.outputs['features'] as FeatureBatch).features, logit: Math.log(scores[0]! / scores[1]!) }
  }
  const one = await run('none', pictures())
  const other = await run(
    'none',
    pictures((pixels) => squareView(pixels, side, 'horizontalFlip', 1)),
  )
  const both = await run('horizontalFlip', pictures())
  both.features.forEach((value, i) => expect(value).toBeCloseTo((one.features[i]! + other.features[i]!) / 2, 5))
  expect(both.logit).toBeCloseTo((one.logit + other.logit) / 2, 5)
})
