import { checkPlugin, someFeatures, somePredictions, type AskOpenFormats } from '@etsef/plugin-api/testing'
import { join } from 'node:path'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { memberOperations } from './combining/combiners.js'
import plugin from './plugin.js'
import { tuners } from './tuning/tuners.js'

const features = someFeatures({ numSamples: 60, numClasses: 3, numFeatures: 6 })
const member = (name: string, seed: number) => ({
  name,
  value: somePredictions({ numSamples: 60, numClasses: 3, seed }),
})
/** A method whose ONNX file is asked for its answers. */
const inOnnx =
  (options: Record<string, unknown> = {}, given = features) =>
  () => ({ options, inputs: { features: given }, askOpenFormats: askOnnx })

/** What ONNX Runtime finds in `model.onnx`, whose one output is called by what it is. */
const askOnnx: AskOpenFormats = async (dir, rows) => {
  if (rows.kind !== 'features') throw new Error('no features')
  const session = await InferenceSession.create(join(dir, 'model.onnx'))
  const input = new Tensor('float32', Float32Array.from(rows.features), [rows.ids.length, rows.featureNames.length])
  const results = await session.run({ input })
  const [name = ''] = session.outputNames
  await session.release()
  return { [name === 'scores' ? 'predictions' : name]: results[name]!.data as Float32Array }
}

checkPlugin(plugin, {
  cases: {
    'ensemble/fuse': () => ({
      inputs: {
        features: [
          { name: 'tl', value: features },
          { name: 'ssl', value: someFeatures({ numSamples: 60, numClasses: 3, numFeatures: 4, seed: 2 }) },
        ],
      },
    }),
    'ensemble/vote': () => ({ inputs: { predictions: [member('a', 1), member('b', 2), member('c', 3)] } }),
    'ensemble/standardize': inOnnx(),
    'ensemble/fast-ica': inOnnx({ components: 3 }),
    'ensemble/pca': inOnnx({ components: 3 }),
    'ensemble/select-anova': inOnnx({ components: 3 }),
    'ensemble/random-projection': inOnnx({ components: 3 }),
    'ensemble/lda-projection': inOnnx(),
    'ensemble/select-mutual-information': inOnnx({ components: 3 }),
    'ensemble/select-chi2': inOnnx({ components: 3 }, { ...features, features: features.features.map(Math.abs) }),
    'ensemble/select-mrmr': inOnnx({ components: 3 }),
    'ensemble/select-rfe': inOnnx({ components: 3 }),
    'ensemble/select-l1': inOnnx({ components: 3 }),
    'ensemble/select-tree-importance': inOnnx({ components: 3, trees: 10 }),
    'ensemble/select-stability': inOnnx({ components: 3, rounds: 5 }),
    'ensemble/select-boruta': inOnnx({ rounds: 5, trees: 10 }),
    'ensemble/select-correlation': inOnnx(),
    'ensemble/select-variance': inOnnx(),
    'ensemble/select-none': inOnnx(),
    'ensemble/logistic-regression': inOnnx(),
    'ensemble/lda': inOnnx(),
    'ensemble/linear-svm': inOnnx(),
    'ensemble/xgboost': inOnnx({ rounds: 5 }),
    'ensemble/random-forest': inOnnx({ trees: 5 }),
    'ensemble/naive-bayes': inOnnx(),
    'ensemble/knn': inOnnx(),
    'ensemble/calibrate': () => ({ inputs: { predictions: member('a', 1).value } }),
    'ensemble/kernel-svm': inOnnx(),
  },
  untested: Object.fromEntries([
    ...memberOperations.map(({ type }) => [type, 'checked in combining/conformance.test.ts']),
    ...tuners.map(({ type }) => [type, 'checked in tuning/tune.test.ts']),
  ]),
})
