import { checkPlugin, runOperation, someImages, someRows } from '@etsef/plugin-api/testing'
import type { ModelValue } from '@etsef/plugin-api'
import { afterAll, beforeAll } from 'vitest'
import plugin from './plugin.js'

const [pretrained] = plugin.operations
const small = { architecture: 'mobilenetV2', width: 0.35, inputSize: 32 }
let init: ModelValue
let dispose: () => void
beforeAll(async () => {
  const result = await runOperation(pretrained!, { options: small })
  init = result.outputs['model'] as ModelValue
  dispose = () => {
    result.dispose()
  }
})
afterAll(() => {
  dispose()
})

const images = () => someImages({ numSamples: 20 })
const someMaps = () => Float32Array.from({ length: 40 * 12 }, (_, at) => (at * 7919) % 101)
const training = { epochs: 1, batchSize: 8 }
// Pictures are decoded and networks run in float32 whatever the batch: only the order of sums differs.
const batchTolerance = 1e-4

checkPlugin(plugin, {
  cases: {
    'backbones/pretrained': () => ({ options: small }),
    'backbones/pretrain': () => ({ options: training, inputs: { images: images(), init }, batchTolerance }),
    'backbones/finetune': () => ({
      options: { ...training, headEpochs: 1, headHidden: [8], freeze: 'stage5' },
      inputs: { images: images(), init },
      batchTolerance,
    }),
    'backbones/layer-maps': () => ({ inputs: { images: images(), model: init }, batchTolerance }),
    'backbones/pool-maps': () => ({
      options: { grid: 2 },
      inputs: { maps: { kind: 'tensor', ...someRows(), dtype: 'float32', shape: [3, 2, 2], data: someMaps() } },
    }),
    'backbones/extract': () => ({ inputs: { images: images(), model: init }, batchTolerance }),
  },
})
