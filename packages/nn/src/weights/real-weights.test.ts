import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { buildArchitecture } from '../architectures/build-architecture.js'
import { withHead } from '../graph/head.js'
import { initWeights } from '../graph/init-weights.js'
import { hashString, mixBits } from '../graph/random.js'
import { exportOnnx } from '../onnx/export-onnx.js'
import { OnnxExtractor } from '../onnx/onnx-extractor.js'
import { loadWeights } from './load-weights.js'

/** One line of real-weights.json, written by tools/peers/nn-real-weights.py (Keras 3.15.1, TensorFlow 2.21.0). */
interface Fixture {
  readonly path: string
  readonly architecture: string
  readonly inputSize: number
  readonly width: number
  readonly cut?: string
  readonly features: string
  readonly topClass?: number
  readonly logits?: string
}

const shared = process.env['ETSEF_SHARED'] ?? join(import.meta.dirname, '../../../../../shared')
const fixtures = JSON.parse(readFileSync(join(import.meta.dirname, 'real-weights.json'), 'utf8')) as readonly Fixture[]

/** The peer script's picture: a random 8 x 8 grid, enlarged. */
function picture(size: number): Float32Array {
  const seed = hashString('picture')
  const grid = Float32Array.from(
    { length: 192 },
    (_, i) => (mixBits((seed + Math.imul(i + 1, 0x9e3779b9)) >>> 0) / 2 ** 32) * 2 - 1,
  )
  const cell = (position: number): number => Math.floor((position * 8) / size)
  return Float32Array.from({ length: size * size * 3 }, (_, i) => {
    const pixel = Math.floor(i / 3)
    return grid[(cell(Math.floor(pixel / size)) * 8 + cell(pixel % size)) * 3 + (i % 3)]!
  })
}

function expectClose(actual: Float32Array, encoded: string): void {
  const expected = new Float32Array(new Uint8Array(Buffer.from(encoded, 'base64')).buffer)
  const sampled = actual.filter((_, i) => i % 16 === 0)
  expect(sampled).toHaveLength(expected.length)
  const scale = Math.max(...expected.map(Math.abs))
  expect(Math.max(...expected.map((value, i) => Math.abs(value - sampled[i]!))) / scale).toBeLessThan(1e-4)
}

describe.skipIf(!existsSync(join(shared, 'weights')))('published weights (needs ../shared/weights)', () => {
  test.each(fixtures)('$path gives the reference outputs', async (fixture) => {
    const options = { ...fixture, folded: fixture.path.endsWith('.tflite') }
    const backbone = buildArchitecture(fixture.architecture, options)
    const graph = fixture.logits === undefined ? backbone : withHead(backbone, { numClasses: 1001 })
    const { weights } = await loadWeights(join(shared, 'weights', fixture.path), graph, options)
    const extractor = await OnnxExtractor.create(exportOnnx(graph, initWeights(graph, 1, weights)))
    const [features, logits] = await extractor.run(picture(fixture.inputSize), 1)
    await extractor.dispose()
    expectClose(features!, fixture.features)
    if (fixture.logits !== undefined) {
      expectClose(logits!, fixture.logits)
      expect(logits!.indexOf(Math.max(...logits!))).toBe(fixture.topClass)
    }
  })
})
