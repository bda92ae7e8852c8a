import type { FeatureBatch, TensorBatch } from '@etsef/plugin-api'
import { expectArrayClose, runOperation, someImages } from '@etsef/plugin-api/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { extract } from '../extract/extract.js'
import { poolMaps } from '../pool-maps/pool-maps.js'
import { pretrained } from '../pretrained/pretrained.js'
import { layerMaps } from './layer-maps.js'

const disposals: (() => void)[] = []
const images = someImages({ numSamples: 3 })
const output = async <T>(
  operation: typeof extract,
  port: string,
  run: Parameters<typeof runOperation>[1],
): Promise<T> => {
  const { outputs, dispose } = await runOperation(operation, run)
  disposals.push(dispose)
  return outputs[port] as T
}
let model: never
beforeAll(async () => {
  const options = { architecture: 'mobilenetV2', width: 0.35, inputSize: 64 }
  model = await output(pretrained, 'model', { options })
})
afterAll(() => {
  for (const dispose of disposals) dispose()
})

test('maps of the last spatial layer, pooled, are the features of the network', async () => {
  const features = await output<FeatureBatch>(extract, 'features', { inputs: { images, model } })
  const maps = await output<TensorBatch>(layerMaps, 'maps', { inputs: { images, model } })
  expect(maps.shape).toEqual([2, 2, features.featureNames.length])
  const pooled = await output<FeatureBatch>(poolMaps, 'features', { inputs: { maps } })
  expectArrayClose(pooled.features, features.features, { atol: 1e-5, rtol: 1e-4 })
})

test('a layer that is not there is refused by name', async () => {
  const run = runOperation(layerMaps, { options: { layer: 'conv99' }, inputs: { images, model } })
  await expect(run).rejects.toMatchObject({ code: 'ERR_BAD_OPTION', message: 'mobilenetV2 has no layer "conv99"' })
})
