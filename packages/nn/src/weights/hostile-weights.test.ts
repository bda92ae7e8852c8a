import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { buildArchitecture } from '../architectures/build-architecture.js'
import { initWeights } from '../graph/init-weights.js'
import { loadWeights } from './load-weights.js'
import { writeSafetensors } from './safetensors.js'
import { hostileWeights } from './testing/hostile-weights.js'

const dir = mkdtempSync(join(tmpdir(), 'etsef-hostile-'))
afterAll(() => {
  rmSync(dir, { recursive: true })
})
const graph = buildArchitecture('mobilenetV1', { width: 0.25, inputSize: 32 })

const words: Readonly<Record<string, RegExp>> = {
  'overlapping.pth': /entry ".*" overlaps/,
  'duplicated.pth': /two entries "archive\/data.pkl"/,
  'same-storage.pth': /larger than the file/,
  'circle.pth': /no state dict/,
  'bomb.keras': /unpack to far more than it holds/,
  'claims.weights.h5': /larger than the file/,
  'circle.weights.h5': /too many groups/,
  'claims.tflite': /is damaged/,
  'same-vector.tflite': /lists of more than/,
  'same-buffer.tflite': /larger than the file/,
  'long-inputs.tflite': /lists of more than/,
  'long-shape.tflite': /lists of more than/,
  'long-name.tflite': /batch norms folded/,
  'many-layers.tflite': /more than 10000 layers/,
}

test.each(Object.entries(hostileWeights))('refuses %s', async (name, make) => {
  const path = join(dir, name)
  writeFileSync(path, await make())
  await expect(loadWeights(path, graph)).rejects.toMatchObject({
    code: 'ERR_WEIGHTS',
    message: expect.stringMatching(words[name]!) as string,
  })
})

test('refuses a pipe, which would never end', async () => {
  const path = join(dir, 'pipe.pth')
  execFileSync('mkfifo', [path])
  await expect(loadWeights(path, graph)).rejects.toThrow(/no regular file/)
})

test.each([
  ['conv1/kernel', NaN],
  ['conv1_bn/gamma', Infinity],
  ['conv1_bn/movingVariance', -1],
])('refuses weights of which %s holds %d, with the place', async (name, value) => {
  const weights = initWeights(graph, 1)
  const data = weights.get(name)!.data.slice()
  data[5] = value
  const path = join(dir, 'sick.safetensors')
  await writeSafetensors(path, new Map([...weights, [name, { ...weights.get(name)!, data }]]))
  await expect(loadWeights(path, graph)).rejects.toMatchObject({
    code: 'ERR_WEIGHTS',
    message: expect.stringContaining(`${name}" of mobilenetV1 holds ${value} at position 5`) as string,
  })
})
