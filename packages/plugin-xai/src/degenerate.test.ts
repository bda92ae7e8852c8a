import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeModel, type Model } from '@etsef/nn'
import type { AttributionBatch, ImageBatch, PredictionBatch, PredictorValue, ReportValue } from '@etsef/plugin-api'
import { runOperation, someImages } from '@etsef/plugin-api/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { brightnessPredictor } from '../fixtures/brightness-predictor.js'
import { tinyGraph, tinyModel } from '../fixtures/tiny-models.js'
import { votingPredictor } from '../fixtures/voting-predictor.js'
import plugin from './plugin.js'

// What every operation that sees pictures makes of pictures without anything in them, and of a single class: numbers, or an error that says where.

const root = mkdtempSync(join(tmpdir(), 'etsef-degenerate-'))
const model = (name: string) => ({ kind: 'model' as const, dir: join(root, name) })
beforeAll(async () => {
  await writeModel(join(root, 'two'), tinyModel())
  await writeModel(join(root, 'one'), oneClass())
})
afterAll(() => {
  rmSync(root, { recursive: true, force: true })
})

/** A network with a single logit. */
function oneClass(): Model {
  const graph = tinyGraph()
  const nodes = graph.nodes.map((node) => (node.op === 'dense' ? { ...node, units: 1 } : node))
  const weights = new Map(tinyModel().weights)
  weights.set('logits/kernel', { shape: [4, 1], data: Float32Array.of(1, -1, 0.5, 0.25) })
  weights.set('logits/bias', { shape: [1], data: Float32Array.of(0.1) })
  return { ...tinyModel(), graph: { ...graph, nodes }, weights, classNames: ['class0'] }
}

/** Pictures of one grey. */
function constant(grey: number, images = someImages()): ImageBatch {
  const data = new Uint8Array(16 * 16 * 3).fill(grey)
  return { ...images, load: () => Promise.resolve({ dtype: 'uint8', shape: [16, 16, 3], data: Uint8Array.from(data) }) }
}

type Given = NonNullable<Parameters<typeof runOperation>[1]>

/** Outputs of an operation, and the JSON that it wrote. */
async function call(
  type: string,
  inputs: NonNullable<Given['inputs']>,
  options: Record<string, unknown>,
): Promise<{ readonly outputs: Readonly<Record<string, unknown>>; readonly text: string }> {
  const operation = plugin.operations.find((each) => each.type === type)!
  const { outputs, dispose } = await runOperation(operation, { options, inputs, engine: 'wasm' })
  const file = new Map([
    ['xai/members', 'members'],
    ['xai/cases', 'cases'],
    ['xai/check', 'check'],
    ['xai/overlay', 'attributions'],
  ]).get(type)
  const text =
    file === undefined ? '' : readFileSync(join((outputs['report'] as ReportValue).dir, `${file}.json`), 'utf8')
  dispose()
  return { outputs, text }
}

async function mapsBy(
  type: string,
  inputs: NonNullable<Given['inputs']>,
  options: Record<string, unknown>,
): Promise<AttributionBatch> {
  const batch = (await call(type, inputs, options)).outputs['attributions'] as AttributionBatch
  expect(batch.values.length).toBeGreaterThan(0)
  expect(batch.values.every(Number.isFinite)).toBe(true)
  const size = batch.values.length / batch.ids.length
  batch.ids.forEach((_, i) => {
    const isEmpty = batch.values.subarray(i * size, (i + 1) * size).every((value) => value <= 0)
    if (isEmpty) expect(batch.empty[i]).toBe(1)
  })
  return batch
}

const gradCams = [
  'grad-cam',
  'grad-cam++',
  'hires-cam',
  'layer-cam',
  'x-grad-cam',
  'score-cam',
  'ablation-cam',
  'eigen-cam',
]
const pixelMethods = ['integrated-gradients', 'expected-gradients', 'smooth-grad', 'occlusion']
const methods = [
  ...gradCams.map((method) => ['xai/grad-cam', { method, maxImages: 2 }] as const),
  ['xai/grad-cam', { targetLayer: ['conv', 'conv_relu'], flip: true, maxImages: 2 }] as const,
  ...pixelMethods.map(
    (method) => ['xai/pixels', { method, maxImages: 2, background: 2, samples: 4, maxSteps: 16 }] as const,
  ),
]

describe.each([0, 128, 255])('pictures of grey %i', (grey) => {
  test.each(methods)('%s %j gives maps of numbers, empty ones flagged', async (type, options) => {
    await mapsBy(type, { images: constant(grey), model: model('two') }, options)
  })

  test('have no evidence where all of train looks the same: pixels and superpixels', async () => {
    const images = constant(grey)
    const pixels = await mapsBy(
      'xai/pixels',
      { images, model: model('two') },
      { maxImages: 2, background: 2, maxSteps: 16 },
    )
    const options = { superpixels: 6, size: 16, background: 2, budget: 60, maxImages: 2 }
    const vote = await mapsBy('xai/vote-shap', { images, predictor: brightnessPredictor() }, options)
    for (const { values, empty } of [pixels, vote]) {
      expect(values.every((value) => Math.abs(value) < 1e-9)).toBe(true)
      expect(empty.every((flag) => flag === 1)).toBe(true)
    }
  })

  test('are drawn, told, shared out and tested without a number that is none', async () => {
    const images = constant(grey)
    const cam = await mapsBy('xai/grad-cam', { images, model: model('two') }, { maxImages: 2 })
    const predictor = votingPredictor()
    const answers = (await predictor.apply(images)) as PredictionBatch
    const predictions = { ...answers, labels: images.labels, partitions: images.partitions }
    const attributions = [{ name: 'cam', value: cam }]
    await expectNumbers('xai/overlay', { attributions: cam, images, predictions })
    await expectNumbers('xai/members', { images, predictor }, { background: 2, maxImages: 2 })
    await expectNumbers('xai/cases', { images, predictor, predictions, attributions }, { background: 2, maxCases: 3 })
    await expectNumbers(
      'xai/check',
      { attributions, images, predictor: brightnessPredictor(), model: model('two') },
      { maxImages: 2, randomizations: 2 },
    )
  })
})

describe('one class', () => {
  const images = (): ImageBatch => someImages({ numClasses: 1 })
  test.each(methods)('%s %j explains its score', async (type, options) => {
    const batch = await mapsBy(type, { images: images(), model: model('one') }, options)
    expect([...batch.targets]).toEqual(batch.ids.map(() => 0))
  })

  test('of a vote is explained, and its maps are tested', async () => {
    const predictor = brightnessPredictor({ classNames: ['class0'] })
    const options = { superpixels: 6, size: 16, background: 2, budget: 60, maxImages: 2 }
    const map = await mapsBy('xai/vote-shap', { images: images(), predictor }, options)
    await expectNumbers(
      'xai/check',
      { attributions: [{ name: 'vote', value: map }], images: images(), predictor },
      { maxImages: 2 },
    )
  })
})

test('maps of a vote that always abstains are tested by the class with the largest score', async () => {
  const images = someImages()
  const predictor: PredictorValue = brightnessPredictor({ abstains: true })
  const options = { superpixels: 6, size: 16, background: 2, budget: 60, maxImages: 2 }
  const map = await mapsBy('xai/vote-shap', { images, predictor }, options)
  await expectNumbers(
    'xai/check',
    { attributions: [{ name: 'vote', value: map }], images, predictor },
    { maxImages: 2 },
  )
})

/** No metric is NaN or infinite, and no number in what was written is lost as null but where the figure says that it is not estimable. */
async function expectNumbers(
  type: string,
  inputs: NonNullable<Given['inputs']>,
  options: Record<string, unknown> = {},
): Promise<void> {
  const { outputs, text } = await call(type, inputs, options)
  const { metrics } = outputs['report'] as ReportValue
  expect(Object.keys(metrics).length).toBeGreaterThan(0)
  for (const [name, value] of Object.entries(metrics))
    expect(value === null || Number.isFinite(value), `${type} ${name}: ${String(value)}`).toBe(true)
  expect(text).not.toMatch(/NaN|Infinity/)
}
