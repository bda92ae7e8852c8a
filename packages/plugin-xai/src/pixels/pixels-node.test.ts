import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeModel } from '@etsef/nn'
import type { AttributionBatch } from '@etsef/plugin-api'
import { runOperation, someImages } from '@etsef/plugin-api/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { brightnessModel, tinyGraph, tinyModel } from '../../fixtures/tiny-models.js'
import plugin from '../plugin.js'

const operation = plugin.operations.find(({ type }) => type === 'xai/pixels')!
const root = mkdtempSync(join(tmpdir(), 'etsef-pixels-'))
const model = { kind: 'model' as const, dir: join(root, 'model') }
const headless = { kind: 'model' as const, dir: join(root, 'headless') }
beforeAll(async () => {
  await writeModel(model.dir, brightnessModel())
  await writeModel(headless.dir, { ...tinyModel(tinyGraph('none')), classNames: ['class0', 'class1'] })
})
afterAll(() => {
  rmSync(root, { recursive: true, force: true })
})

const explain = async (options: Record<string, unknown>, given: object = {}): Promise<AttributionBatch> => {
  const { outputs, dispose } = await runOperation(operation, {
    options: { maxImages: 3, background: 3, ...options },
    inputs: { images: someImages(), model, ...given },
    engine: 'wasm',
  })
  dispose()
  return outputs['attributions'] as AttributionBatch
}

describe('xai/pixels', () => {
  test.each(['integrated-gradients', 'expected-gradients'])(
    '%s sums to the difference of the logit',
    async (method) => {
      const batch = await explain({ method, targetClass: 'class0', samples: 300 })
      expect(batch).toMatchObject({ shape: [16, 16], unit: 'logit', method })
      for (let i = 0; i < 3; i++) {
        const map = batch.values.subarray(i * 256, (i + 1) * 256)
        const sum = map.reduce((total, value) => total + Math.abs(value), 0)
        expect(sum).toBeGreaterThan(0)
        expect(batch.additivityResidual[i]! / sum).toBeLessThan(0.05)
      }
    },
  )
  test('integrated-gradients has its points where `quadrature` says, and hardly other values', async () => {
    const [midpoint, gauss] = [await explain({}), await explain({ quadrature: 'gauss-legendre' })]
    expect(gauss.values).not.toEqual(midpoint.values)
    const largest = Math.max(...midpoint.values.map(Math.abs))
    gauss.values.forEach((value, i) => expect(Math.abs(value - midpoint.values[i]!)).toBeLessThan(0.05 * largest))
  })
  test.each(['smooth-grad', 'occlusion'])('%s promises no sum', async (method) => {
    const batch = await explain({ method, samples: 4 })
    expect(batch.additivityResidual.every(Number.isNaN)).toBe(true)
    expect(batch.values.some((value) => value !== 0)).toBe(true)
  })
  test('gives a picture that is its own baseline an empty map', async () => {
    const images = someImages()
    const batch = await explain({}, { images: { ...images, load: () => images.load(0) } })
    expect([...batch.empty]).toEqual([1, 1, 1])
    expect(batch.values.every((value) => value === 0)).toBe(true)
  })
  test('refuses a network without logits, an unknown class, and images without train rows', async () => {
    await expect(explain({}, { model: headless })).rejects.toMatchObject({ code: 'ERR_SHAPE_MISMATCH', port: 'model' })
    await expect(explain({ targetClass: 'nobody' })).rejects.toMatchObject({ code: 'ERR_CLASS_LIST' })
    const images = someImages({ partition: () => 'test' })
    await expect(explain({}, { images })).rejects.toMatchObject({ code: 'ERR_TOO_FEW_ROWS' })
  })
})
