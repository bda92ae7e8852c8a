import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fitText, newCanvas, type Canvas } from '@etsef/drawing'
import type { AttributionBatch, ImageBatch, PixelImage, ReportValue } from '@etsef/plugin-api'
import { pickRows } from '@etsef/plugin-api'
import { runOperation, someImages, somePredictions } from '@etsef/plugin-api/testing'
import { loadImage } from '@napi-rs/canvas'
import { describe, expect, test } from 'vitest'
import plugin from '../plugin.js'
import { heatColor } from './color-map.js'
import { barScale, density, drawPanel, formatNumber, pixelsOf } from './draw-panel.js'
import { drawSheet } from './draw-sheet.js'

const operation = plugin.operations.find(({ type }) => type === 'xai/overlay')!
const images = someImages({ numSamples: 4, partition: () => 'test' })
/** Maps of 4×4 with one peak: on the bright square of each image (class0: upper left, class1: lower left), or nowhere. */
function attributions(peaks: readonly (number | undefined)[]): AttributionBatch {
  const values = new Float32Array(4 * 16)
  peaks.forEach((peak, row) => {
    if (peak !== undefined) values[row * 16 + peak] = row + 1
  })
  return {
    kind: 'attributions',
    ...pickRows(images, [0, 1, 2, 3]),
    values,
    shape: [4, 4],
    method: 'grad-cam',
    unit: 'logit',
    targets: Int32Array.of(0, 1, 0, 0),
    empty: Uint8Array.from(peaks, (peak) => (peak === undefined ? 1 : 0)),
    additivityResidual: new Float64Array(4).fill(NaN),
  }
}
/** Masks of the bright squares, in half the size. */
const masks: ImageBatch = {
  ...images,
  load: async (row) => {
    const { data } = await images.load(row)
    return {
      dtype: 'uint8',
      shape: [8, 8, 1],
      data: Uint8Array.from({ length: 64 }, (_, i) =>
        data[(Math.floor(i / 8) * 2 * 16 + (i % 8) * 2) * 3]! === 200 ? 255 : 0,
      ),
    }
  },
}

describe('xai/overlay', () => {
  test('writes a picture per image, a sheet and figures', async () => {
    const result = await runOperation(operation, {
      inputs: {
        attributions: attributions([5, 9, 15, undefined]),
        images,
        masks,
        predictions: somePredictions({ numSamples: 4, partition: () => 'test' }),
      },
    })
    const { dir, metrics, table } = result.outputs['report'] as ReportValue
    expect(readdirSync(dir).sort()).toEqual(['attributions.json', 'overlays', 'sheet.png'])
    expect(readdirSync(join(dir, 'overlays'))).toEqual(['001.png', '002.png', '003.png', '004.png'])
    expect(metrics).toMatchObject({
      numImages: 4,
      explainedIsTrue: 0.75,
      emptyMaps: 0.25,
      numWithLesion: 4,
      pointingGame: 0.5,
      'lesionArea.chance': 0.25,
      additivityResidual: null,
    })
    expect(table!.rows).toContainEqual(['pointingGame', '0.5'])
    // What does not exist is left out, not printed as undefined.
    expect(table!.rows.map(([figure]) => figure)).not.toContain('additivityResidual')
    const { images: list } = JSON.parse(readFileSync(join(dir, 'attributions.json'), 'utf8')) as {
      images: { id: string; trueClass: string; isEmpty: boolean }[]
    }
    expect(list.find(({ id }) => id === 'row-0003')).toMatchObject({
      trueClass: 'class1',
      isEmpty: true,
      additivityResidual: null,
    })
    const [sheet, first] = await Promise.all([
      loadImage(join(dir, 'sheet.png')),
      loadImage(join(dir, 'overlays', '001.png')),
    ])
    expect(sheet.width).toBe(2 * first.width)
    expect(sheet.height).toBe(2 * first.height)
    result.dispose()
  })
  test('draws rows that the predictions have wrong first, also those without a map, and no more than are asked for', async () => {
    const many = someImages({ numSamples: 6, partition: (row) => (row === 5 ? 'train' : 'test') })
    const right = somePredictions({ numSamples: 6, partition: (row) => (row === 5 ? 'train' : 'test') })
    // Rows 2 and 4 of the test rows are wrong, and row 5 of the train rows; rows 4 and 5 have no map.
    const predicted = Int32Array.from(right.labels, (label, row) => ([2, 4, 5].includes(row) ? 1 - label : label))
    const draw = async (maxPictures: number): Promise<{ shown: string[]; plain: string[]; numImages: unknown }> => {
      const result = await runOperation(operation, {
        options: { maxPictures },
        inputs: { attributions: attributions([5, 9, 15, 3]), images: many, predictions: { ...right, predicted } },
      })
      const { dir, metrics } = result.outputs['report'] as ReportValue
      type Listed = readonly { readonly id: string; readonly file?: string; readonly predictedClass: string }[]
      const { images: maps, withoutMap } = JSON.parse(readFileSync(join(dir, 'attributions.json'), 'utf8')) as {
        images: Listed
        withoutMap: Listed
      }
      const drawn = [...maps, ...withoutMap].filter(({ file }) => file !== undefined)
      expect(drawn.map(({ file }) => file!.slice('overlays/'.length)).sort()).toEqual(
        readdirSync(join(dir, 'overlays')),
      )
      result.dispose()
      return {
        shown: drawn.sort((a, b) => (a.file! < b.file! ? -1 : 1)).map(({ id }) => id),
        plain: withoutMap.map(({ id, predictedClass }) => `${id} ${predictedClass}`),
        numImages: metrics['numImages'],
      }
    }
    const plain = [`row-0004 ${right.classNames[predicted[4]!]!}`]
    expect(await draw(3)).toEqual({ shown: ['row-0002', 'row-0004', 'row-0000'], plain, numImages: 4 })
    expect(await draw(1)).toEqual({ shown: ['row-0002'], plain: [], numImages: 4 })
  })
  test('names an image that is missing and refuses vectors', async () => {
    const some = someImages({ numSamples: 3, partition: () => 'test' })
    await expect(
      runOperation(operation, { inputs: { attributions: attributions([0, 0, 0, 0]), images: some } }),
    ).rejects.toMatchObject({ code: 'ERR_MISSING_ID', message: expect.stringContaining('row-0003') as string })
    const vectors = { ...attributions([0, 0, 0, 0]), shape: [16] }
    await expect(runOperation(operation, { inputs: { attributions: vectors, images } })).rejects.toMatchObject({
      code: 'ERR_SHAPE_MISMATCH',
    })
  })
})

describe('drawPanel', () => {
  const image = { dtype: 'uint8' as const, shape: [4, 4, 3] as const, data: new Uint8Array(48).fill(100) }
  const panel = (
    map: readonly number[],
    scaleMax: number,
    more: Partial<Parameters<typeof drawPanel>[0]> = {},
  ): Canvas =>
    drawPanel({ image, map, mapShape: [2, 2], scaleMax, unit: 'logit', explainedClass: 'a', caption: ['a'], ...more })
  /** Colour in the right picture, at a place in pixels of the layout. */
  const heatAt = (canvas: Canvas, row: number, column: number): readonly number[] => [
    ...canvas
      .getContext('2d')
      .getImageData((244 + column) * density, (22 + row) * density, 1, 1)
      .data.slice(0, 3),
  ]
  test('leaves a map without evidence uncoloured', () => {
    expect(heatAt(panel([-1, 0, -3, 0], 5), 0, 0)).toEqual([100, 100, 100])
  })
  test('colours by raw magnitude: a weak map is weak', () => {
    const [strong] = heatAt(panel([10, 0, 0, 0], 10), 0, 0)
    const [weak] = heatAt(panel([1, 0, 0, 0], 10), 0, 0)
    expect(strong!).toBeGreaterThan(weak! + 60)
    expect(heatAt(panel([10, 0, 0, 0], 10), 222, 222)).toEqual([100, 100, 100])
  })
  test('keeps the proportions of a picture', () => {
    const wide = panel([10, 10, 10, 10], 10, { image: { ...image, shape: [2, 8, 3] } })
    expect(heatAt(wide, 20, 100)).toEqual([255, 255, 255]) // above it
    expect(heatAt(wide, 112, 100)).not.toEqual([255, 255, 255])
  })
  test('outlines the lesion over both pictures', () => {
    const mask = Uint8Array.from({ length: 16 }, (_, i) => (i % 4 < 2 ? 255 : 0))
    const marked = panel([0, 0, 0, 0], 1, { mask })
    expect(heatAt(marked, 112, 112)).toEqual([0, 255, 160])
    expect(heatAt(marked, 112, 60)).toEqual([100, 100, 100])
  })
  test('draws class names of any script and an id of 80 characters, whole and inside the panel', () => {
    const id = `patient-${'0123456789'.repeat(7)}-x`
    const names = ['Γλοίωμα', '脑膜瘤', 'Опухоль гипофиза', '뇌종양']
    const draw = (caption: readonly string[]): Canvas => panel([1, 0, 0, 0], 1, { caption, explainedClass: names[1]! })
    const canvas = draw([names.join(' · '), id])
    const { height, width } = canvas
    const margin = canvas.getContext('2d').getImageData(width - 12, 0, 12, height).data
    expect(margin.every((value) => value === 255)).toBe(true)
    expect(height).toBeGreaterThan(draw(['short']).height) // the id wraps; nothing of it is cut
    expect(fitText(id, { size: 12, maxWidth: width / density - 20, maxLines: 3 }).join('')).toBe(id)
    expect(canvas.toBuffer('image/png').equals(draw(['???????', id]).toBuffer('image/png'))).toBe(false)
    expect(canvas.toBuffer('image/png').equals(draw([names.join(' · '), id]).toBuffer('image/png'))).toBe(true)
  })
})

test('pixels of 16 bits and of shares are as bright as those of 8', () => {
  const [dark, bright] = [51, 204]
  const of = (dtype: 'uint8' | 'uint16' | 'float32', data: PixelImage['data']) =>
    [...pixelsOf({ dtype, shape: [1, 2, 1], data })].slice(0, 8)
  const expected = [dark, dark, dark, 255, bright, bright, bright, 255]
  expect(of('uint8', Uint8Array.of(dark, bright))).toEqual(expected)
  expect(of('uint16', Uint16Array.of(257 * dark, 257 * bright))).toEqual(expected)
  expect(of('float32', Float32Array.of(dark / 255, bright / 255))).toEqual(expected)
})

test('a sheet has rows as high as their highest panel', () => {
  const sheet = drawSheet([newCanvas(10, 4), newCanvas(10, 6), newCanvas(10, 3)], 2)
  expect([sheet.width, sheet.height]).toEqual([20, 9])
})

test('heatColor runs from black to pale yellow, ever lighter', () => {
  const light = (value: number): number =>
    heatColor(value).reduce((total, channel, i) => total + [0.299, 0.587, 0.114][i]! * channel, 0)
  for (let i = 0; i < 20; i++) expect(light((i + 1) / 20)).toBeGreaterThan(light(i / 20))
  expect(heatColor(2)).toEqual(heatColor(1))
})
test('formatNumber keeps three digits', () => {
  expect([0, 0.123456, 12345, 1e-7, 3].map(formatNumber)).toEqual(['0', '0.123', '1e+4', '1e-7', '3'])
})

test.each([
  [0.00229, ['2.29', '1.72', '1.15', '0.57', '0'], -3],
  [5e-5, ['5.00', '3.75', '2.50', '1.25', '0'], -5],
  [0.5, ['0.500', '0.375', '0.250', '0.125', '0'], 0],
  [12.5, ['12.5', '9.4', '6.3', '3.1', '0'], 0],
  [2e5, ['2.00', '1.50', '1.00', '0.50', '0'], 5],
])('the bar up to %d has numbers of one kind, none rounded away', (max, labels, exponent) => {
  expect(barScale(max)).toEqual({ labels, exponent })
})
