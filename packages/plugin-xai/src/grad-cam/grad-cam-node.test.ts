import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeModel } from '@etsef/nn'
import type { AttributionBatch, Partition } from '@etsef/plugin-api'
import { checkedOptions, runOperation, someImages } from '@etsef/plugin-api/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import plugin from '../plugin.js'
import { tinyGraph, tinyModel } from '../../fixtures/tiny-models.js'
import { spreadRows } from './pick-rows.js'

const [operation] = plugin.operations
const root = mkdtempSync(join(tmpdir(), 'etsef-gradcam-'))
const model = { kind: 'model' as const, dir: join(root, 'model') }
beforeAll(() => writeModel(model.dir, tinyModel()))
afterAll(() => {
  rmSync(root, { recursive: true, force: true })
})

const explain = async (options: Record<string, unknown> = {}, images = someImages()): Promise<AttributionBatch> => {
  const result = await runOperation(operation!, { options, inputs: { images, model }, engine: 'wasm' })
  result.dispose()
  return result.outputs['attributions'] as AttributionBatch
}

describe('xai/grad-cam', () => {
  test('explains test images only', async () => {
    const images = someImages()
    const batch = await explain({}, images)
    expect(batch.ids).toEqual(images.ids.filter((_, i) => images.partitions[i] === 'test'))
    expect(batch).toMatchObject({ shape: [16, 16], unit: 'logit', method: 'grad-cam' })
    expect(Math.max(...batch.additivityResidual)).toBeLessThan(1e-5)
  })
  test('explains a named class, of all partitions, in batches of any size', async () => {
    const one = await explain({ targetClass: 'class1', partition: 'all', maxImages: 10, batchSize: 3 })
    const other = await explain({ targetClass: 'class1', partition: 'all', maxImages: 10, batchSize: 10 })
    expect([...one.targets]).toEqual(new Array(10).fill(1))
    expect(one.ids).toEqual(other.ids)
    one.values.forEach((value, i) => {
      expect(value).toBeCloseTo(other.values[i]!, 5)
    })
  })
  test('gives the maps of the layer on demand', async () => {
    expect((await explain({ grid: 'cells' })).shape).toEqual([8, 8])
  })
  test('refuses another class list, an unknown target and an empty partition', async () => {
    await expect(explain({}, someImages({ numClasses: 3 }))).rejects.toMatchObject({ code: 'ERR_CLASS_LIST' })
    await expect(explain({ targetClass: 'nobody' })).rejects.toMatchObject({ code: 'ERR_CLASS_LIST' })
    await expect(explain({}, someImages({ partition: () => 'train' }))).rejects.toMatchObject({
      code: 'ERR_TOO_FEW_ROWS',
    })
  })
  test('refuses a model without head', async () => {
    await writeModel(join(root, 'headless'), { ...tinyModel(tinyGraph('none')), classNames: ['class0', 'class1'] })
    const run = runOperation(operation!, {
      inputs: { images: someImages(), model: { kind: 'model', dir: join(root, 'headless') } },
      engine: 'wasm',
    })
    await expect(run).rejects.toMatchObject({ code: 'ERR_SHAPE_MISMATCH' })
  })
  test('reports class lists, targets and partitions that cannot work at plan time', () => {
    const issues: string[] = []
    operation!.plan!({
      options: checkedOptions(operation!, { targetClass: 'c', partition: 'val' }),
      inputs: {
        images: { kind: 'images', classNames: ['a', 'b'], partitions: ['train', 'test'] },
        model: { kind: 'model', classNames: ['b', 'a'] },
      } as never,
      issue: (at) => issues.push(at),
    })
    expect(issues).toEqual(['in:model', 'targetClass', 'partition'])
  })
})

test('spreadRows takes rows evenly', () => {
  const partitions: Partition[] = Array.from({ length: 20 }, (_, i) => (i % 2 ? 'test' : 'train'))
  expect(spreadRows(partitions, 'test', 100)).toEqual([1, 3, 5, 7, 9, 11, 13, 15, 17, 19])
  expect(spreadRows(partitions, 'test', 2)).toEqual([5, 15])
})
