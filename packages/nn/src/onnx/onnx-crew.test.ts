import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildArchitecture } from '../architectures/build-architecture.js'
import { initWeights } from '../graph/init-weights.js'
import { uniformStream } from '../graph/random.js'
import { exportOnnx } from './export-onnx.js'
import { openOnnxCrew, type OnnxCrew } from './onnx-crew.js'
import { OnnxExtractor } from './onnx-extractor.js'

const graph = buildArchitecture('mobilenetV1', { inputSize: 32, width: 0.25 })
const onnx = exportOnnx(graph, initWeights(graph, 1))
const { inputShape } = graph
const size = 32 * 32 * 3

/** A batch of `numImages` pictures; the seed tells them apart. */
function batch(seed: number, numImages = 3): Float32Array {
  const uniform = uniformStream(seed)
  return Float32Array.from({ length: numImages * size }, () => 2 * uniform() - 1)
}

async function inProcess(seeds: readonly number[]): Promise<Float32Array[]> {
  const extractor = await OnnxExtractor.create(onnx)
  const outputs: Float32Array[] = []
  for (const seed of seeds) outputs.push(await extractor.extract(batch(seed), 3))
  await extractor.dispose()
  return outputs
}

test.each([1, 2, 3])(
  'the bits are those of this thread with %i threads, in the order of the calls',
  async (threads) => {
    const seeds = [1, 2, 3, 4, 5, 6, 7]
    const crew = await openOnnxCrew(onnx, { threads, inputShape })
    const outputs = await Promise.all(seeds.map((seed) => crew.run(batch(seed), 3)))
    await crew.close()
    expect(outputs.map(([features]) => features)).toEqual(await inProcess(seeds))
  },
)

describe('a crew of two', () => {
  let crew: OnnxCrew
  beforeAll(async () => {
    crew = await openOnnxCrew(onnx, { threads: 2, inputShape })
  })
  afterAll(() => crew.close())

  test('takes a batch over, but not the array it is part of', async () => {
    const whole = batch(1)
    const larger = batch(1, 4)
    const [[a], [b]] = await Promise.all([crew.run(whole, 3), crew.run(larger.subarray(0, 3 * size), 3)])
    expect(whole).toHaveLength(0)
    expect(larger).toHaveLength(4 * size)
    expect(a).toEqual(b)
  })

  test('refuses a batch of another size', async () => {
    await expect(crew.run(new Float32Array(7), 1)).rejects.toMatchObject({
      code: 'ERR_SHAPE_MISMATCH',
      received: '7 values',
    })
  })

  test('answers on after a batch has failed', async () => {
    const wrong = await openOnnxCrew(onnx, { threads: 2, inputShape: [32, 16, 3] })
    const answers = await Promise.allSettled([0, 1, 2].map(() => wrong.run(new Float32Array(32 * 16 * 3), 1)))
    await wrong.close()
    for (const answer of answers)
      expect(answer).toMatchObject({ status: 'rejected', reason: { message: expect.stringContaining('16') as string } })
  })
})

test('a closed crew has done what it was given, and takes no more', async () => {
  const crew = await openOnnxCrew(onnx, { threads: 2, inputShape })
  const outputs = [1, 2, 3, 4].map((seed) => crew.run(batch(seed), 3))
  await crew.close()
  expect(await Promise.all(outputs)).toHaveLength(4)
  await expect(crew.run(batch(1), 3)).rejects.toThrow('closed')
  await crew.close()
})

test('says what ONNX Runtime says about a file that is no network', async () => {
  await expect(openOnnxCrew(new Uint8Array(8), { threads: 2, inputShape })).rejects.toThrow(/protobuf|model/i)
})
