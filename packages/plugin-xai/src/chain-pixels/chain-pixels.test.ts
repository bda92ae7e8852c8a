import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createGraphModel, loadEngine } from '@etsef/nn'
import type { AttributionBatch } from '@etsef/plugin-api'
import { runOperation } from '@etsef/plugin-api/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { chainedNetworks } from '../../fixtures/chained-networks.js'
import { networkInput } from '../grad-cam/explain-logits.js'
import { integratedGradients } from '../pixels/integrated-gradients.js'
import { networkFunction } from '../pixels/network-function.js'
import plugin from '../plugin.js'
import { carryToPixels } from './carry-to-pixels.js'

const root = mkdtempSync(join(tmpdir(), 'etsef-chain-pixels-'))
afterAll(() => {
  rmSync(root, { recursive: true, force: true })
})
const given = await chainedNetworks(join(root, 'all'))
const find = (wanted: string) => plugin.operations.find(({ type }) => type === wanted)!

const carry = async (options: Record<string, unknown>, more: object = {}) => {
  const { images, features, networks, projections, model } = { ...given, ...more }
  const { outputs, metrics, logs, dispose } = await runOperation(find('xai/chain-pixels'), {
    options: { maxImages: 3, ...options },
    inputs: { images, features, networks, projections, model },
    engine: 'wasm',
  })
  dispose()
  const metric = (name: string): number => metrics.find((each) => each.name === name)!.value
  const warnings = logs.flatMap(({ level, message }) => (level === 'warn' ? [message] : []))
  return { maps: outputs['attributions'] as AttributionBatch, metric, warnings }
}

const sumOf = (values: ArrayLike<number>): number => Array.from(values).reduce((sum, value) => sum + value, 0)

test('one pass with the weights as cotangent is the sum over features of weight times integrated gradients', async () => {
  const engine = await loadEngine({ prefer: 'wasm', threads: 1 })
  const [model] = given.opened
  const network = createGraphModel(engine, model!.graph, model!.weights)
  const [point, baseline] = await Promise.all(
    [0, 1].map(async (row) => networkInput([await given.images.load(row)], model!)),
  )
  const weights = Float64Array.of(2, -1, 0.5, 3)
  const steps = { minSteps: 8, maxSteps: 8 }
  const carried = carryToPixels(network, weights, point!, [baseline!], steps)
  const expected = new Float64Array(256)
  weights.forEach((weight, k) => {
    const feature = networkFunction(
      network,
      'pool',
      [0, 1, 2, 3].map((other) => Number(other === k)),
    )
    integratedGradients(feature, point!, baseline!, steps).values.forEach(
      (value, at) => (expected[Math.floor(at / 3)]! += weight * value),
    )
  })
  network.dispose()
  expect(Math.max(...expected.map(Math.abs))).toBeGreaterThan(1e-3)
  carried.map.forEach((value, at) => expect(Math.abs(value - expected[at]!)).toBeLessThan(1e-5))
})

describe('xai/chain-pixels', () => {
  test('sums with all train rows to what xai/chain gives the columns of the class', async () => {
    const { maps, metric } = await carry({ background: 10_000, maxSteps: 64 })
    const { features, projections, model } = given
    const { outputs, dispose } = await runOperation(find('xai/chain'), { inputs: { features, projections, model } })
    dispose()
    const columns = outputs['attributions'] as AttributionBatch
    expect(maps).toMatchObject({ shape: [16, 16], unit: 'margin', method: 'chain-pixels integrated-gradients' })
    expect(metric('shift')).toBeLessThan(1e-9)
    maps.ids.forEach((id, i) => {
      const row = columns.ids.indexOf(id)
      expect(maps.targets[i]).toBe(columns.targets[row])
      const own = columns.values.subarray(8 * (2 * row + maps.targets[i]!), 8 * (2 * row + maps.targets[i]!) + 8)
      const map = maps.values.subarray(256 * i, 256 * i + 256)
      expect(Math.abs(sumOf(own))).toBeGreaterThan(0.01)
      expect(Math.abs(sumOf(map) - sumOf(own))).toBeLessThan(0.01 * Math.abs(sumOf(own)))
    })
  })

  test('says of few starts how far they are from all train rows, and stays complete', async () => {
    const { metric } = await carry({ background: 2, maxSteps: 256 })
    expect(metric('shift')).toBeGreaterThan(1e-3)
    expect(metric('relativeResidual')).toBeLessThan(0.01)
  })

  test('names the pictures that are not complete, with what is missing, and says nothing where none is', async () => {
    const { warnings, metric } = await carry({ background: 10_000, maxSteps: 1 })
    const incomplete = warnings[0]!.match(/row-\w+ \([0-9.]+ %\)/g)!
    expect(warnings[0]).toContain(`${String(incomplete.length)} of 3 maps do not sum`)
    expect(metric('relativeResidual')).toBeGreaterThan(0.01)
    expect(metric('steps')).toBe(1)
    expect((await carry({ background: 10_000, maxSteps: 64 })).warnings).toEqual([])
  })

  test('has nothing to warn of where all pictures are the same', async () => {
    const picture = await given.images.load(0)
    const same = await chainedNetworks(join(root, 'same'), [16, 16], {
      ...given.images,
      load: () => Promise.resolve(picture),
    })
    const { warnings, metric } = await carry({}, same)
    expect(warnings).toEqual([])
    expect(metric('relativeResidual')).toBe(0)
  })

  test('is exact in the cells of the pooled layer, in one pass', async () => {
    const { maps, metric } = await carry({ background: 10_000, method: 'pooled-layer' })
    expect(metric('residual')).toBeLessThan(1e-4)
    expect(metric('shift')).toBeLessThan(1e-9)
    const paths = await carry({ background: 10_000, maxSteps: 64 })
    for (let i = 0; i < 3; i++) {
      const own = maps.values.subarray(256 * i, 256 * i + 256)
      const other = paths.maps.values.subarray(256 * i, 256 * i + 256)
      expect(Math.abs(sumOf(own) - sumOf(other))).toBeLessThan(0.01 * Math.abs(sumOf(own)))
      // Cells are 2 × 2 pixels.
      expect([own[1], own[16], own[17]]).toEqual([own[0], own[0], own[0]])
      expect(new Set(own).size).toBeGreaterThan(8)
    }
  })

  test('takes its starts from train rows only', async () => {
    const { images } = given
    const changed = (wanted: string) => ({
      ...images,
      load: (index: number) => images.load(images.partitions[index] === wanted ? 0 : index),
    })
    const { maps } = await carry({})
    expect((await carry({}, { images: changed('val') })).maps.values).toEqual(maps.values)
    expect((await carry({}, { images: changed('train') })).maps.values).not.toEqual(maps.values)
  })

  test('refuses features that the networks do not give, by row and column', async () => {
    const features = {
      ...given.features,
      features: given.features.features.map((value, at) => (at % 8 === 5 ? value + 5 : value)),
    }
    await expect(carry({}, { features })).rejects.toMatchObject({
      code: 'ERR_SHAPE_MISMATCH',
      port: 'features',
      message: expect.stringContaining('"net2"') as string,
      expected: expect.stringContaining('column 1 ') as string,
    })
    const [first, second] = given.networks
    await expect(carry({}, { networks: [second, first] })).rejects.toMatchObject({ code: 'ERR_SHAPE_MISMATCH' })
  })

  test('refuses a network left out, networks of two sizes, and images without train rows', async () => {
    await expect(carry({}, { networks: given.networks.slice(1) })).rejects.toMatchObject({
      code: 'ERR_SHAPE_MISMATCH',
      port: 'networks',
      received: 'net2: 4',
    })
    await expect(carry({}, await chainedNetworks(join(root, 'sizes'), [16, 24]))).rejects.toMatchObject({
      code: 'ERR_SHAPE_MISMATCH',
      received: 'net1: 16 × 16, net2: 24 × 24',
    })
    const images = { ...given.images, partitions: given.images.ids.map(() => 'test' as const) }
    await expect(carry({}, { images })).rejects.toMatchObject({ code: 'ERR_TOO_FEW_ROWS' })
  })
})
