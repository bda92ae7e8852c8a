import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { buildArchitecture } from '../architectures/build-architecture.js'
import { initWeights } from '../graph/init-weights.js'
import type { Weights } from '../graph/graph.js'
import { openFrozenNetwork, type FrozenNetwork } from './frozen-network.js'

const called = vi.hoisted(() => ({ engines: 0, isWrong: false }))

vi.mock(import('../engine/load-engine.js'), async (original) => {
  const actual = await original()
  return {
    ...actual,
    loadEngine: (options) => {
      called.engines++
      return actual.loadEngine(options)
    },
  }
})

// An ONNX Runtime that computes wrongly here: it is given other weights.
vi.mock(import('../onnx/export-onnx.js'), async (original) => {
  const actual = await original()
  return {
    ...actual,
    exportOnnx: (graph, weights, options) =>
      actual.exportOnnx(graph, called.isWrong ? initWeights(graph, 99) : weights, options),
  }
})

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'etsef-agreed-'))
  vi.stubEnv('XDG_CACHE_HOME', folder)
  Object.assign(called, { engines: 0, isWrong: false })
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

const graph = buildArchitecture('mobilenetV2', { inputSize: 32, width: 0.35 })
const pictures = Float32Array.from({ length: 3 * 32 * 32 * 3 }, (_, i) => Math.sin(i * i))

async function open(weights: Weights): Promise<Pick<FrozenNetwork, 'runner'> & { values: Float32Array }> {
  const network = await openFrozenNetwork(graph, weights, { outputs: [graph.featureNode], engine: 'wasm' })
  const [values] = await network.run(pictures.slice(), 3)
  await network.dispose()
  return { runner: network.runner, values: values! }
}

const [first, second] = [initWeights(graph, 1), initWeights(graph, 2)]

test('a network is compared with the tensor engine once on a machine', async () => {
  const compared = await open(first)
  expect(compared.runner).toBe('onnx')
  expect(called.engines).toBe(1)
  expect(await open(first)).toEqual(compared)
  expect(called.engines).toBe(1)
  await open(second)
  expect(called.engines).toBe(2)
  await open(first)
  expect(called.engines).toBe(2)
  rmSync(join(folder, 'etsef/engine/agreed-networks.txt'))
  expect(await open(first)).toEqual(compared)
  expect(called.engines).toBe(3)
})

test('one that does not agree runs on the engine, and is compared again', async () => {
  called.isWrong = true
  for (const expected of ['wasm', 'wasm']) {
    called.engines = 0
    expect((await open(first)).runner).toBe(expected)
    // To compare, then to compute.
    expect(called.engines).toBe(2)
  }
  called.isWrong = false
  expect((await open(first)).runner).toBe('onnx')
})

test('where nothing can be written down, each is compared', async () => {
  writeFileSync(join(folder, 'file'), '')
  vi.stubEnv('XDG_CACHE_HOME', join(folder, 'file'))
  for (const expected of ['onnx', 'onnx']) expect((await open(first)).runner).toBe(expected)
  expect(called.engines).toBe(2)
})

test('the last networks are kept, each once', async () => {
  const path = join(folder, 'etsef/engine/agreed-networks.txt')
  await open(first)
  const line = readFileSync(path, 'utf8')
  writeFileSync(path, `${line}${Array.from({ length: 600 }, (_, i) => `${String(i)}\n`).join('')}`)
  await open(second)
  const lines = readFileSync(path, 'utf8').trim().split('\n')
  expect(lines).toHaveLength(512)
  expect(lines.at(-2)).toBe('599')
  called.engines = 0
  await open(first)
  expect(called.engines).toBe(1)
})
