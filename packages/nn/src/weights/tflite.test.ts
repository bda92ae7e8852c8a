import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { buildArchitecture } from '../architectures/build-architecture.js'
import { withHead } from '../graph/head.js'
import { loadWeights } from './load-weights.js'
import { parseTflite } from './tflite.js'

const shared = process.env['ETSEF_SHARED'] ?? join(import.meta.dirname, '../../../../../shared')
const folder = join(shared, 'weights/coral-imagenet-tflite')

const files = [
  ['mobilenet_v1_0.25_128_quant', 'mobilenetV1', 128, 0.25],
  ['mobilenet_v1_0.5_160_quant', 'mobilenetV1', 160, 0.5],
  ['mobilenet_v1_0.75_192_quant', 'mobilenetV1', 192, 0.75],
  ['mobilenet_v1_1.0_224_quant_embedding_extractor', 'mobilenetV1', 224, 1],
  ['mobilenet_v2_1.0_224_quant', 'mobilenetV2', 224, 1],
] as const

describe.skipIf(!existsSync(folder))('published quantised classifiers (needs ../shared/weights)', () => {
  test.each(files)('%s fits %s at %i px and width %d', async (file, name, inputSize, width) => {
    const options = { inputSize, width, folded: true }
    const graph = withHead(buildArchitecture(name, options), { numClasses: 1001 })
    const fitted = await loadWeights(join(folder, `${file}.tflite`), graph, options)
    expect(fitted.unused).toEqual([])
    expect(fitted.missingHead).toEqual(file.includes('embedding') ? ['logits/kernel', 'logits/bias'] : [])
  })

  test('asks for a folded network', async () => {
    const graph = buildArchitecture('mobilenetV2')
    await expect(loadWeights(join(folder, 'mobilenet_v2_1.0_224_quant.tflite'), graph)).rejects.toMatchObject({
      code: 'ERR_WEIGHTS',
      hint: 'build the network with folded: true',
    })
  })
})

test.each([
  ['other files', new Uint8Array(16)],
  ['a file with wild offsets', Uint8Array.of(255, 255, 255, 127, 0x54, 0x46, 0x4c, 0x33, 0, 0, 0, 0)],
])('refuses %s', (_, bytes) => {
  expect(() => parseTflite(bytes)).toThrow(expect.objectContaining({ code: 'ERR_WEIGHTS' }))
})
