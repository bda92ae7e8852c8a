import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeModel } from '@etsef/nn'
import type { AttributionBatch, ImageBatch, Partition, PredictionBatch } from '@etsef/plugin-api'
import { checkedOptions, runOperation, someImages } from '@etsef/plugin-api/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import plugin from '../plugin.js'
import { tinyGraph, tinyModel } from '../../fixtures/tiny-models.js'
import { mirrorMap, mirrorPicture } from './mirror.js'
import { normalizeMap } from './normalize-map.js'
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
  const widthOf = ({ shape }: AttributionBatch): number => shape.reduce((product, side) => product * side, 1)
  const rowOf = (batch: AttributionBatch, i: number): Float32Array =>
    batch.values.subarray(i * widthOf(batch), (i + 1) * widthOf(batch))
  const mirrored = (images: ImageBatch): ImageBatch => ({
    ...images,
    load: async (row) => mirrorPicture(await images.load(row)),
  })
  test('combines several layers: mean, or maximum, of what each gives divided by its maximum', async () => {
    const [conv, relu] = [await explain({ targetLayer: 'conv' }), await explain({ targetLayer: 'conv_relu' })]
    const both = { targetLayer: ['conv', 'conv_relu'] }
    const [mean, most] = [await explain(both), await explain({ ...both, combine: 'max' })]
    expect(mean).toMatchObject({ method: 'grad-cam, mean of 2 layers', unit: 'share of the maximum' })
    expect(most.method).toBe('grad-cam, max of 2 layers')
    mean.ids.forEach((_, i) => {
      const parts = [conv, relu].map((batch) => normalizeMap(rowOf(batch, i)).values)
      expect(Math.max(...parts[0]!)).toBe(1)
      rowOf(mean, i).forEach((value, at) => {
        expect(value).toBeCloseTo((parts[0]![at]! + parts[1]![at]!) / 2, 5)
        expect(rowOf(most, i)[at]).toBeCloseTo(Math.max(parts[0]![at]!, parts[1]![at]!), 5)
      })
    })
    expect([...mean.targets]).toEqual([...conv.targets])
    const one = await explain({ targetLayer: ['conv'] })
    expect(one.values).toEqual(conv.values)
    expect(one).toMatchObject({ method: 'grad-cam', unit: 'logit' })
  })
  test('flips: the mean with the map of the mirrored picture, so that a mirrored picture has the mirrored map', async () => {
    const images = someImages()
    const asked = { targetClass: 'class1' }
    const [plain, turned] = [await explain(asked, images), await explain(asked, mirrored(images))]
    const [smooth, other] = [
      await explain({ ...asked, flip: true }, images),
      await explain({ ...asked, flip: true }, mirrored(images)),
    ]
    expect(smooth).toMatchObject({ method: 'grad-cam, flips', unit: 'logit' })
    expect(smooth.values).not.toEqual(plain.values)
    smooth.ids.forEach((_, i) => {
      const back = mirrorMap(Float64Array.from(rowOf(turned, i)), [16, 16])
      rowOf(smooth, i).forEach((value, at) => {
        expect(value).toBeCloseTo((rowOf(plain, i)[at]! + back[at]!) / 2, 5)
      })
      mirrorMap(Float64Array.from(rowOf(other, i)), [16, 16]).forEach((value, at) => {
        expect(value).toBeCloseTo(rowOf(smooth, i)[at]!, 5)
      })
    })
  })
  test('explains the class that predictions answer, and where they abstain the one with the largest score', async () => {
    const images = someImages()
    const { ids, sourceIds, labels, groups, partitions, classNames } = images
    const rows = { ids, sourceIds, labels, groups, partitions, classNames }
    const numRows = images.ids.length
    const predicted = Int32Array.from({ length: numRows }, (_, i) => (i % 3) - 1)
    const scores = Float64Array.from({ length: 2 * numRows }, (_, at) => at % 2)
    const predictions: PredictionBatch = { kind: 'predictions', ...rows, scores, scoreKind: 'probability', predicted }
    const given = async (changed: PredictionBatch): Promise<AttributionBatch> => {
      const inputs = { images, model, predictions: changed }
      const result = await runOperation(operation!, { inputs, engine: 'wasm' })
      result.dispose()
      return result.outputs['attributions'] as AttributionBatch
    }
    const batch = await given(predictions)
    batch.ids.forEach((id, i) => {
      const answer = predicted[images.ids.indexOf(id)]!
      expect(batch.targets[i]).toBe(answer < 0 ? 1 : answer)
    })
    await expect(given({ ...predictions, ids: predictions.ids.map((id) => `other ${id}`) })).rejects.toMatchObject({
      code: 'ERR_MISSING_ID',
      port: 'predictions',
    })
    await expect(given({ ...predictions, classNames: ['a', 'b'] })).rejects.toMatchObject({ code: 'ERR_CLASS_LIST' })
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
  test('reports layers by cells, and a class beside answers at plan time', () => {
    const issues: string[] = []
    operation!.plan!({
      options: checkedOptions(operation!, {
        ...{ targetLayer: ['conv', 'conv_relu'], grid: 'cells', targetClass: 'a' },
      }),
      inputs: {
        images: { kind: 'images', classNames: ['a', 'b'] },
        model: { kind: 'model', classNames: ['a', 'b'] },
        predictions: { kind: 'predictions' },
      } as never,
      issue: (at) => issues.push(at),
    })
    expect(issues).toEqual(['grid', 'in:predictions'])
  })
})

test('spreadRows takes rows evenly', () => {
  const partitions: Partition[] = Array.from({ length: 20 }, (_, i) => (i % 2 ? 'test' : 'train'))
  expect(spreadRows(partitions, 'test', 100)).toEqual([1, 3, 5, 7, 9, 11, 13, 15, 17, 19])
  expect(spreadRows(partitions, 'test', 2)).toEqual([5, 15])
})
