import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { ReportValue } from '@etsef/plugin-api'
import { runOperation, someFeatures, somePredictions } from '@etsef/plugin-api/testing'
import { fc, test as propertyTest } from '@fast-check/vitest'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { calibration } from '../metrics/calibration.js'
import { confusionMatrix } from '../metrics/confusion-matrix.js'
import plugin from '../plugin.js'
import { confusionMatrixFigure } from './confusion-matrix-figure.js'
import { categorical, classMark, sequential } from './palette.js'
import { rasterise } from './rasterise.js'
import { reliabilityFigure } from './reliability-figure.js'
import { scatterFigure } from './scatter-figure.js'
import { fitText, textWidth } from './text.js'

const operation = plugin.operations.find(({ type }) => type === 'report/figures')!

/** Whether any ink lies in the outermost pixels: a label that is clipped leaves some there. */
async function hasInkOnBorder(svg: string): Promise<boolean> {
  const { data, info } = await sharp(await rasterise(svg))
    .greyscale()
    .raw()
    .toBuffer({ resolveWithObject: true })
  const { width, height, channels } = info
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const isBorder = x < 3 || y < 3 || x >= width - 3 || y >= height - 3
      if (isBorder && data[(y * width + x) * channels]! < 250) return true
    }
  }
  return false
}

const longNames = [
  'Non-small-cell lung carcinoma, squamous subtype',
  'B',
  'Pneumonoultramicroscopicsilicovolcanoconiosis',
  'a & <b>',
]
const manyNames = Array.from({ length: 14 }, (_, i) => `class number ${i + 1}`)

describe.each([
  ['two', ['yes', 'no']],
  ['long', longNames],
  ['many', manyNames],
])('figures of %s classes', (_, classNames) => {
  const numClasses = classNames.length
  const yTrue = Array.from({ length: 12 * numClasses }, (__, i) => i % numClasses)
  const yPred = yTrue.map((t, i) => (i % 5 === 0 ? (t + 1) % numClasses : t))

  test('the confusion matrix clips nothing', async () => {
    const svg = confusionMatrixFigure({
      matrix: confusionMatrix({ yTrue, yPred, numClasses }),
      classNames,
      title: 'Confusion matrix',
    })
    expect(await hasInkOnBorder(svg)).toBe(false)
  })

  test('the scatter plot clips nothing and counts each class', async () => {
    const embedding = Float64Array.from({ length: 2 * yTrue.length }, (__, i) => Math.sin(i * 3.7) * 40)
    const svg = scatterFigure({
      title: 't-SNE',
      embedding,
      labels: yTrue,
      classNames,
      notes: ['a note that is rather long, to see that the figure is made wide enough for all of it'],
      axes: ['t-SNE 1', 't-SNE 2'],
    })
    expect(await hasInkOnBorder(svg)).toBe(false)
    expect(svg.match(/\(12\)/g)).toHaveLength(numClasses)
  })
})

test('true classes are rows and predicted classes columns', () => {
  const matrix = confusionMatrix({ yTrue: [0, 0, 0], yPred: [1, 1, 0], numClasses: 2 })
  const svg = confusionMatrixFigure({ matrix, classNames: ['a', 'b'], title: 'x' })
  const cells = [...svg.matchAll(/<text font-size="15" [^>]*x="([\d.]+)" y="([\d.]+)"[^>]*>([\d.–]+)<\/text>/g)].slice(
    0,
    4,
  )
  expect(cells.map(([, , , value]) => value)).toEqual(['1', '2', '0', '0'])
  expect(cells[0]![2]).toBe(cells[1]![2]) // same height: row of true class a
  expect(Number(cells[1]![1])).toBeGreaterThan(Number(cells[0]![1]))
  expect(svg).toContain('True class')
})

test('rows of a class without samples show no share', () => {
  const svg = confusionMatrixFigure({
    matrix: confusionMatrix({ yTrue: [0], yPred: [-1], numClasses: 2 }),
    classNames: ['a', 'b'],
    title: 'x',
  })
  expect(svg.match(/>–</g)).toHaveLength(2)
  expect(svg).toContain('Without a predicted class, and so in no column: 1 of the rows')
})

test('the reliability curve clips nothing and names its errors', async () => {
  const scores = Array.from({ length: 60 }, (_, i) => (i % 2 === 0 ? 0.5 + (i % 25) / 50 : 0.5 - ((i - 1) % 25) / 50))
  const svg = reliabilityFigure({
    calibration: calibration({
      yTrue: Array.from({ length: 30 }, (_, i) => (i % 4 === 0 ? 1 : 0)),
      scores,
      numClasses: 2,
    })!,
    title: 'Reliability',
  })
  expect(await hasInkOnBorder(svg)).toBe(false)
  expect(svg).toMatch(/ECE 0\.\d{3}, MCE 0\.\d{3}/)
})

test('classes differ in colour or shape up to forty of them, and text is legible on every cell', () => {
  const marks = Array.from({ length: 40 }, (_, c) => classMark(c, { x: 0, y: 0 }))
  expect(new Set(marks).size).toBe(40)
  expect(new Set(categorical).size).toBe(8)
  const luminance = (rgb: readonly number[]) =>
    rgb.reduce(
      (sum, v, i) =>
        sum +
        [0.2126, 0.7152, 0.0722][i]! * (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4),
      0,
    )
  for (let k = 0; k <= 20; k++) {
    const { fill, ink } = sequential(k / 20)
    const background = luminance(fill.match(/\d+/g)!.map(Number))
    const foreground = luminance(ink === '#ffffff' ? [255, 255, 255] : [34, 34, 34])
    const contrast = (Math.max(background, foreground) + 0.05) / (Math.min(background, foreground) + 0.05)
    expect(contrast, `share ${k / 20}`).toBeGreaterThan(3)
  }
})

propertyTest.prop([fc.string({ maxLength: 80 }), fc.integer({ min: 40, max: 300 }), fc.integer({ min: 1, max: 3 })])(
  'fitted text is never wider or longer than allowed',
  (text, maxWidth, maxLines) => {
    const lines = fitText(text, { fontSize: 13, maxWidth, maxLines })
    expect(lines.length).toBeGreaterThan(0)
    expect(lines.length).toBeLessThanOrEqual(maxLines)
    for (const line of lines) expect(textWidth(line, 13)).toBeLessThanOrEqual(maxWidth)
  },
)

describe('report/figures', () => {
  const run = async (
    inputs: NonNullable<Parameters<typeof runOperation>[1]>['inputs'],
    options: Record<string, unknown> = {},
  ) => {
    const result = await runOperation(operation, { options: { iterations: 60, ...options }, inputs: inputs! })
    const report = result.outputs['report'] as ReportValue
    const files = readdirSync(report.dir).sort()
    const csv = files.includes('t-sne.csv') ? readFileSync(join(report.dir, 't-sne.csv'), 'utf8') : ''
    const svg = files.includes('t-sne.svg') ? readFileSync(join(report.dir, 't-sne.svg'), 'utf8') : ''
    result.dispose()
    return { files, csv, svg, metrics: report.metrics, logs: result.logs }
  }

  test('draws what it is given', async () => {
    const features = someFeatures({ numSamples: 100 })
    expect((await run({ features })).files).toEqual(['metrics.json', 't-sne.csv', 't-sne.png', 't-sne.svg'])
    const margins = { ...somePredictions(), scoreKind: 'margin' as const }
    expect((await run({ predictions: margins })).files).toEqual([
      'confusion-matrix.png',
      'confusion-matrix.svg',
      'metrics.json',
    ])
    await expect(run({})).rejects.toMatchObject({ code: 'ERR_MISSING_INPUT' })
  })

  test('embeds held-out rows only, with trustworthiness and the silhouette in the original space beside it', async () => {
    const features = someFeatures({ numSamples: 100 })
    const { csv, metrics, svg } = await run({ features })
    const ids = csv
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.split(',')[0])
    expect(ids).toEqual(features.ids.filter((_, i) => features.partitions[i] === 'test'))
    expect(metrics['tsne.trustworthiness']).toBeGreaterThan(0.5)
    expect(metrics['silhouette.original']).not.toBeNull()
    expect(svg).toContain('in the original space')
  })

  test('shows at most maxPoints rows, lowers the perplexity, and says both', async () => {
    const { csv, logs } = await run({ features: someFeatures({ numSamples: 200 }) }, { maxPoints: 20 })
    expect(csv.trim().split('\n')).toHaveLength(21)
    const warnings = logs.map(({ message }) => message).join('\n')
    expect(warnings).toContain('20 of 40 rows')
    expect(warnings).toContain('lowered to 6')
  })

  test('refuses too few rows, hidden labels and features that are no numbers', async () => {
    const features = someFeatures({ numSamples: 100 })
    await expect(run({ features }, { partition: 'none' })).rejects.toMatchObject({ code: 'ERR_TOO_FEW_ROWS' })
    await expect(run({ features: { ...features, labels: features.labels.map(() => -1) } })).rejects.toMatchObject({
      code: 'ERR_BAD_DATA',
    })
    await expect(run({ features: { ...features, features: features.features.map(() => NaN) } })).rejects.toMatchObject({
      code: 'ERR_NOT_FINITE',
    })
  })
})
