import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createGraphModel, loadEngine, writeModel, type Model } from '@etsef/nn'
import type { AttributionBatch, ImageBatch, PredictionBatch, PredictorValue, ReportValue } from '@etsef/plugin-api'
import { runOperation, someImages } from '@etsef/plugin-api/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { brightnessPredictor } from '../fixtures/brightness-predictor.js'
import { chainedNetworks, type ChainedNetworks } from '../fixtures/chained-networks.js'
import { tinyGraph, tinyModel } from '../fixtures/tiny-models.js'
import { votingPredictor } from '../fixtures/voting-predictor.js'
import { carryToCells } from './chain-pixels/carry-to-pixels.js'
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

const voteOptions = { superpixels: 6, size: 16, background: 2, budget: 150, maxImages: 2 }
const chainMethods = ['integrated-gradients', 'pooled-layer']

function chainInputs({ images, features, networks, projections, model: classifier }: ChainedNetworks) {
  return { images, features, networks, projections, model: classifier }
}

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
    const vote = (method: string) =>
      mapsBy('xai/vote-shap', { images, predictor: brightnessPredictor() }, { ...voteOptions, method })
    for (const { values, empty } of [pixels, await vote('permutation'), await vote('kernel')]) {
      expect(values.every((value) => Math.abs(value) < 1e-9)).toBe(true)
      expect(empty.every((flag) => flag === 1)).toBe(true)
    }
  })

  test.each(chainMethods)('have no evidence in a linear classifier either: chain-pixels by %s', async (method) => {
    const given = await chainedNetworks(join(root, `chain-${method}-${String(grey)}`), [16, 16], constant(grey))
    const options = { method, maxImages: 2, background: 3, maxSteps: 16 }
    const { values, empty } = await mapsBy('xai/chain-pixels', chainInputs(given), options)
    for (let i = 0; i < 2; i++) {
      const own = values.subarray(256 * i, 256 * i + 256)
      expect(Math.abs(own.reduce((sum, value) => sum + value, 0))).toBeLessThan(1e-4)
      // Cells at the border see the padding, so that they differ from the mean of their layer.
      if (method === 'integrated-gradients') expect(own.every((value) => value === 0)).toBe(true)
    }
    if (method === 'integrated-gradients') expect([...empty]).toEqual([1, 1])
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

  test.each(chainMethods)('of a linear classifier is explained: chain-pixels by %s', async (method) => {
    const given = await chainedNetworks(join(root, `one-${method}`), [16, 16], images())
    const options = { method, maxImages: 2, background: 3, maxSteps: 64 }
    const { values, targets } = await mapsBy('xai/chain-pixels', chainInputs(given), options)
    expect([...targets]).toEqual([0, 0])
    expect(values.some((value) => value !== 0)).toBe(true)
  })

  test('of a vote with members is shared out and told: the score, for there is no other', async () => {
    const predictor = votingPredictor({ isOneClass: true })
    const answers = (await predictor.apply(images())) as PredictionBatch
    const predictions = { ...answers, labels: images().labels, partitions: images().partitions }
    await expectNumbers('xai/members', { images: images(), predictor }, { background: 2, maxImages: 2 })
    const attributions: never[] = []
    await expectNumbers(
      'xai/cases',
      { images: images(), predictor, predictions, attributions },
      { background: 2, maxCases: 3 },
    )
  })

  test.each(['permutation', 'kernel'])('of a vote is explained, by %s, and its maps are tested', async (method) => {
    const predictor = brightnessPredictor({ classNames: ['class0'] })
    const options = { ...voteOptions, method }
    const map = await mapsBy('xai/vote-shap', { images: images(), predictor }, options)
    await expectNumbers(
      'xai/check',
      { attributions: [{ name: 'vote', value: map }], images: images(), predictor },
      { maxImages: 2 },
    )
  })
})

test.each(['permutation', 'kernel'])(
  'maps of a vote that always abstains, by %s, are tested by the class with the largest score',
  async (method) => {
    const images = someImages()
    const predictor: PredictorValue = brightnessPredictor({ abstains: true })
    const map = await mapsBy('xai/vote-shap', { images, predictor }, { ...voteOptions, method })
    await expectNumbers(
      'xai/check',
      { attributions: [{ name: 'vote', value: map }], images, predictor },
      { maxImages: 2 },
    )
  },
)

test.each(['permutation', 'kernel'])('the one superpixel of a picture gets everything, by %s', async (method) => {
  const predictor = brightnessPredictor()
  const options = { ...voteOptions, method, superpixels: 1 }
  const { outputs } = await call('xai/vote-shap', { images: someImages(), predictor }, options)
  const { values, additivityResidual } = outputs['attributions'] as AttributionBatch
  for (let i = 0; i < 2; i++) {
    const own = values.subarray(256 * i, 256 * i + 256)
    expect(new Set(own).size).toBe(1)
    expect(own[0]).not.toBe(0)
    expect(additivityResidual[i]).toBeLessThan(1e-9)
  }
  expect((outputs['errors'] as AttributionBatch).values.every((value) => value === 0)).toBe(true)
})

test.each(['permutation', 'kernel'])(
  'a budget below the players is refused, and the smallest one that will do is named, by %s',
  async (method) => {
    const options = { ...voteOptions, method, budget: 12 }
    const inputs = { images: someImages(), predictor: brightnessPredictor() }
    await expect(call('xai/vote-shap', inputs, options)).rejects.toMatchObject({
      code: 'ERR_BAD_OPTION',
      option: 'budget',
      expected: expect.stringContaining('at least ') as string,
    })
  },
)

describe('no spatial layer', () => {
  test.each(gradCams)('%s names the option', async (method) => {
    const options = { method, targetLayer: 'pool', maxImages: 2 }
    await expect(call('xai/grad-cam', { images: someImages(), model: model('two') }, options)).rejects.toMatchObject({
      code: 'ERR_BAD_OPTION',
      option: 'targetLayer',
    })
  })
  test('cells of a layer need features that are its mean: chain-pixels names the network and what to take', async () => {
    const engine = await loadEngine({ prefer: 'wasm', threads: 1 })
    const { graph, weights } = tinyModel(tinyGraph('hidden'))
    const network = createGraphModel(engine, { ...graph, featureNode: 'head_dense1_relu', featureWidth: 5 }, weights)
    const ask = () =>
      carryToCells(network, new Float64Array(5), new Float32Array(768), new Float64Array(5), 'dense net')
    expect(ask).toThrow(
      expect.objectContaining({
        code: 'ERR_BAD_OPTION',
        option: 'method',
        message: expect.stringContaining('"dense net"') as string,
      }),
    )
    network.dispose()
  })
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
