import { buildArchitecture, initWeights } from '@etsef/nn'
import { createRng, type ImageBatch } from '@etsef/plugin-api'
import { someImages } from '@etsef/plugin-api/testing'
import { expect, test } from 'vitest'
import { embedImages } from './embed-images.js'
import { openEmbedder } from './open-embedder.js'
import { ttaModes, type TtaMode } from './square-views.js'

const side = 32
const graph = buildArchitecture('mobilenetV2', { inputSize: side, width: 0.35 })
const model = { graph, weights: initWeights(graph, 5), preprocessing: 'tf' } as const

const pictures: ImageBatch = {
  ...someImages({ numSamples: 40 }),
  load: (index) => {
    const rng = createRng('embedder', index)
    const data = Uint8Array.from({ length: side * side * 3 }, () => rng.integer(256))
    return Promise.resolve({ dtype: 'uint8', shape: [side, side, 3], data })
  },
}

async function features(tta: TtaMode, threads: number): Promise<Float32Array> {
  const options = { outputs: [graph.featureNode], runner: 'onnx', tta } as const
  const embedder = await openEmbedder(model, options, { engine: 'wasm', threads, log: () => undefined })
  expect(embedder.numAtOnce).toBe(threads)
  const [values] = await embedImages(embedder, pictures, new AbortController().signal)
  await embedder.close()
  return values!
}

test.each(ttaModes.slice(0, 2))('features are the same bits with one thread and with two, tta %s', async (tta) => {
  const one = await features(tta, 1)
  expect(one).toHaveLength(40 * 1280)
  expect(new Set(one).size).toBeGreaterThan(1000)
  expect(await features(tta, 2)).toEqual(one)
})
