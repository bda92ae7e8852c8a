import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeModel } from '@etsef/nn'
import type { AttributionBatch, PredictionBatch } from '@etsef/plugin-api'
import { saveModel } from '@etsef/plugin-api/models'
import { checkPlugin, someFeatures, someImages, someRows } from '@etsef/plugin-api/testing'
import { afterAll } from 'vitest'
import plugin from './plugin.js'
import { chainedNetworks } from '../fixtures/chained-networks.js'
import { columnPredictor } from '../fixtures/column-predictor.js'
import { brightnessPredictor } from '../fixtures/brightness-predictor.js'
import { votingPredictor } from '../fixtures/voting-predictor.js'
import { tinyModel } from '../fixtures/tiny-models.js'
import { saveTrees } from '../fixtures/tree-models.js'

const root = mkdtempSync(join(tmpdir(), 'etsef-conformance-'))
afterAll(() => {
  rmSync(root, { recursive: true, force: true })
})

function someAttributions(): AttributionBatch {
  const rows = someRows({ numSamples: 10 })
  return {
    kind: 'attributions',
    ...rows,
    values: Float32Array.from({ length: 160 }, (_, i) => (i % 7) - 2),
    shape: [4, 4],
    method: 'grad-cam',
    unit: 'logit',
    targets: rows.labels,
    empty: new Uint8Array(10),
    additivityResidual: new Float64Array(10).fill(NaN),
  }
}

/** Rows, and a model of trees for them. */
function treeInputs(name: string) {
  const dir = join(root, name)
  const features = someFeatures({ numFeatures: 4 })
  saveTrees(dir, {
    kind: 'xgboost',
    isBinary: true,
    featureNames: features.featureNames,
    numClasses: 2,
    trees: {
      roots: [0],
      features: [0, 3, -1, -1, -1],
      thresholds: [0.5, 0.1, 0, 0, 0],
      lefts: [1, 2, 0, 1, 2],
      rights: [4, 3, 0, 0, 0],
    },
    leafValues: [-1, 0.5, 2],
  })
  return { features, model: { kind: 'model' as const, dir } }
}

checkPlugin(plugin, {
  cases: {
    'xai/grad-cam': async () => {
      const dir = join(root, 'model')
      await writeModel(dir, tinyModel())
      return { inputs: { images: someImages(), model: { kind: 'model', dir } }, engine: 'wasm' }
    },
    'xai/tree-shap': () => ({ inputs: treeInputs('trees'), options: { background: 5 } }),
    'xai/tree-interactions': () => ({ inputs: treeInputs('interacting'), options: { background: 5 } }),
    'xai/column-shap': () => ({
      inputs: {
        images: someImages({ numClasses: 3 }),
        predictor: columnPredictor({
          score: ([a, b]) => [a!, b!, a! * b!],
          columnsOf: ({ data }) => [data[0]!, data[1]!, 2],
        }),
      },
      options: { background: 3 },
    }),
    'xai/chain': async () => {
      const [scaler, svm] = [join(root, 'scaler'), join(root, 'svm')]
      const features = someFeatures({ numFeatures: 3 })
      const { featureNames } = features
      const save = async (dir: string, model: { readonly kind: string }): Promise<void> => {
        mkdirSync(dir, { recursive: true })
        await saveModel({ kind: model.kind, featureNames, model }, dir)
      }
      await save(scaler, {
        kind: 'standardize',
        ...{ means: Float64Array.of(1, 2, 3), scales: Float64Array.of(1, 2, 1) },
      })
      const weights = { numSamples: 2, numFeatures: 3, data: Float64Array.of(1, 2, 3, -1, -2, -3) }
      await save(svm, { kind: 'linear-svm', ...{ weights, intercepts: Float64Array.of(0.5, -0.5) } })
      const projections = [{ name: 'scaler', value: { kind: 'model' as const, dir: scaler } }]
      return { inputs: { features, projections, model: { kind: 'model' as const, dir: svm } } }
    },
    'xai/chain-pixels': async () => {
      const { images, features, networks, projections, model } = await chainedNetworks(join(root, 'chained'))
      return {
        inputs: { images, features, networks, projections, model },
        options: { background: 2, maxImages: 4 },
        engine: 'wasm',
      }
    },
    'xai/vote-shap': () => ({
      inputs: { images: someImages(), predictor: brightnessPredictor() },
      options: { superpixels: 6, size: 16, background: 2, budget: 60 },
    }),
    'xai/members': () => ({ inputs: { images: someImages(), predictor: votingPredictor() } }),
    'xai/cases': async () => {
      const images = someImages()
      const predictor = votingPredictor()
      const answers = (await predictor.apply(images)) as PredictionBatch
      const predictions = { ...answers, labels: images.labels, partitions: images.partitions }
      const attributions = [{ name: 'cam', value: someAttributions() }]
      const dir = join(root, 'cases')
      await writeModel(dir, tinyModel())
      const models = [{ name: 'net', value: { kind: 'model' as const, dir } }]
      return { inputs: { images, predictor, predictions, attributions, models }, engine: 'wasm' }
    },
    'xai/combine-maps': () => ({
      inputs: {
        attributions: [
          { name: 'one', value: someAttributions() },
          { name: 'other', value: someAttributions() },
        ],
      },
    }),
    'xai/check': async () => {
      const dir = join(root, 'checked')
      await writeModel(dir, tinyModel())
      const attributions = [{ name: 'cam', value: someAttributions() }]
      const inputs = {
        attributions,
        images: someImages(),
        predictor: brightnessPredictor(),
        model: { kind: 'model' as const, dir },
      }
      return { inputs, options: { maxImages: 2, randomizations: 1 }, engine: 'wasm' }
    },
    'xai/pixels': async () => {
      const dir = join(root, 'pixels')
      await writeModel(dir, tinyModel())
      const inputs = { images: someImages(), model: { kind: 'model' as const, dir } }
      return { inputs, options: { background: 2, maxImages: 8, maxSteps: 16 }, engine: 'wasm' }
    },
    'xai/overlay': () => ({ inputs: { attributions: someAttributions(), images: someImages({ numSamples: 10 }) } }),
  },
})
