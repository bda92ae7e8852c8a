import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { ReportValue } from '@etsef/plugin-api'
import { newCanvas } from '@etsef/drawing'
import { loadImage } from '@napi-rs/canvas'
import { runOperation, someFeatures, somePredictions } from '@etsef/plugin-api/testing'
import type { TopLevelSpec } from 'vega-lite'
import { describe, expect, test } from 'vitest'
import { calibration } from '../metrics/calibration.js'
import { confusionMatrix } from '../metrics/confusion-matrix.js'
import plugin from '../plugin.js'
import { barChart } from './bar-chart.js'
import { confusionMatrixChart } from './confusion-matrix-chart.js'
import { drawChart } from './draw-chart.js'
import { categorical, classColor, classShape, inkOn, sequential } from './palette.js'
import { reliabilityChart } from './reliability-chart.js'
import { scatterChart } from './scatter-chart.js'

const operation = plugin.operations.find(({ type }) => type === 'report/figures')!

/** Ink per row and column of a PNG: how many pixels are not white. */
async function inkOf(png: Buffer): Promise<{ readonly rows: number[]; readonly columns: number[] }> {
  const image = await loadImage(png)
  const { width, height } = image
  const context = newCanvas(width, height).getContext('2d')
  context.drawImage(image, 0, 0)
  const { data } = context.getImageData(0, 0, width, height)
  const rows = new Array<number>(height).fill(0)
  const columns = new Array<number>(width).fill(0)
  for (let i = 0; i < width * height; i++) {
    if (data[4 * i]! > 250 && data[4 * i + 1]! > 250 && data[4 * i + 2]! > 250) continue
    rows[Math.floor(i / width)]!++
    columns[i % width]!++
  }
  return { rows, columns }
}

/** Whether any ink lies in the margin of a chart: a label that is clipped leaves some there. */
async function hasInkInMargin(chart: TopLevelSpec): Promise<boolean> {
  const { rows, columns } = await inkOf((await drawChart(chart)).png)
  return [rows, columns].some((ink) => [...ink.slice(0, 20), ...ink.slice(-20)].some((count) => count > 0))
}

/** Texts of an SVG with their places, `[text, x, y]`. */
function textsOf(svg: string): readonly (readonly [string, number, number])[] {
  return [...svg.matchAll(/<text [^>]*transform="translate\(([-\d.]+),([-\d.]+)\)[^>]*>([^<]*)<\/text>/g)].map(
    ([, x, y, text]) => [text!, Number(x), Number(y)] as const,
  )
}

const longNames = [
  'Non-small-cell lung carcinoma, squamous subtype',
  'B',
  'Pneumonoultramicroscopicsilicovolcanoconiosis',
  'a & <b>',
]
const scriptNames = ['Γλοίωμα', 'Μηνιγγίωμα', '脑膜瘤', 'Опухоль гипофиза', '뇌종양', 'p'.repeat(80)]
const manyNames = Array.from({ length: 14 }, (_, i) => `class number ${i + 1}`)

describe.each([
  ['two', ['yes', 'no']],
  ['long', longNames],
  ['many', manyNames],
  ['foreign', scriptNames],
])('figures of %s classes', (_, classNames) => {
  const numClasses = classNames.length
  const yTrue = Array.from({ length: 12 * numClasses }, (__, i) => i % numClasses)
  const yPred = yTrue.map((t, i) => (i % 5 === 0 ? (t + 1) % numClasses : t))

  const matrix = confusionMatrix({ yTrue, yPred, numClasses })

  test('the confusion matrix clips nothing', async () => {
    expect(await hasInkInMargin(confusionMatrixChart({ matrix, classNames, title: 'Confusion matrix' }))).toBe(false)
  })

  test('the scatter plot clips nothing and counts each class', async () => {
    const chart = scatterChart({
      title: 't-SNE',
      embedding: Float64Array.from({ length: 2 * yTrue.length }, (__, i) => Math.sin(i * 3.7) * 40),
      labels: yTrue,
      classNames,
      notes: ['a note that is rather long, to see that the figure is made wide enough for all of it'.repeat(3)],
      axes: ['t-SNE 1', 't-SNE 2'],
    })
    expect(await hasInkInMargin(chart)).toBe(false)
    expect((await drawChart(chart)).svg.match(/\(n = 12\)/g)).toHaveLength(numClasses)
  })

  test('the bars clip nothing, and the longest has room for its number', async () => {
    const chart = barChart({
      title: 'Columns',
      notes: ['unit logit'],
      classNames,
      bars: classNames.map((name, bar) => ({ name, parts: classNames.map((__, c) => 100 / (1 + bar + c)) })),
      axis: 'Mean |attribution|, logit',
    })
    expect(await hasInkInMargin(chart)).toBe(false)
  })

  test('equal charts are equal bytes, drawn together or one after the other', async () => {
    const chart = (): TopLevelSpec => confusionMatrixChart({ matrix, classNames, title: 'Confusion matrix' })
    const [first, second] = await Promise.all([drawChart(chart()), drawChart(chart())])
    const third = await drawChart(chart())
    for (const other of [second, third]) {
      expect(other.vegaLite).toBe(first.vegaLite)
      expect(other.svg).toBe(first.svg)
      expect(other.png.equals(first.png)).toBe(true)
    }
  })
})

test('true classes are rows and predicted classes columns', async () => {
  const matrix = confusionMatrix({ yTrue: [0, 0, 0, 0, 0], yPred: [1, 1, 1, 0, 0], numClasses: 2 })
  const { svg, vegaLite } = await drawChart(confusionMatrixChart({ matrix, classNames: ['a', 'b'], title: 'x' }))
  const cells = textsOf(svg).filter(([text]) => ['3', '2'].includes(text))
  expect(cells.map(([text]) => text)).toEqual(['2', '3'])
  expect(cells[0]![2]).toBe(cells[1]![2]) // same height: row of true class a
  expect(cells[1]![1]).toBeGreaterThan(cells[0]![1])
  expect(svg).toContain('True class (n rows)')
  expect(svg).toContain('>n = 5<')
  const { data } = JSON.parse(vegaLite) as { data: { values: Record<string, unknown>[] } }
  expect(data.values[1]).toMatchObject({ trueClass: 'a', predictedClass: 'b', count: '3', percent: '60.0' })
})

test('rows of a class without samples show no share', async () => {
  const { svg } = await drawChart(
    confusionMatrixChart({
      matrix: confusionMatrix({ yTrue: [0], yPred: [-1], numClasses: 2 }),
      classNames: ['a', 'b'],
      title: 'x',
    }),
  )
  expect(svg.match(/>–</g)).toHaveLength(2)
  expect(svg).toContain('Without a predicted class, and so in no column: 1 of the rows')
})

test('names that are cut to the same text stay two classes', async () => {
  const classNames = ['x'.repeat(200), `${'x'.repeat(100)}y${'x'.repeat(99)}`]
  const matrix = confusionMatrix({ yTrue: [0, 1], yPred: [0, 1], numClasses: 2 })
  const { svg } = await drawChart(confusionMatrixChart({ matrix, classNames, title: 'x' }))
  expect(textsOf(svg).filter(([text]) => text === '100.0')).toHaveLength(2)
})

test('what a class name holds stays text, in expressions and in XML', async () => {
  const classNames = [`"];alert(1);["`, `<script>x</script>\u0000\n'\\`]
  const matrix = confusionMatrix({ yTrue: [0, 1], yPred: [0, 1], numClasses: 2 })
  const { svg } = await drawChart(confusionMatrixChart({ matrix, classNames, title: classNames[1]! }))
  expect(svg).toContain('alert(1)')
  expect(svg).not.toContain('<script')
  expect(svg).not.toContain('\u0000')
})

test('text is drawn in no font of the machine', async () => {
  const title = (text: string): TopLevelSpec => ({
    title: text,
    data: { values: [{}] },
    mark: 'point',
    width: 200,
    height: 20,
  })
  // Every machine with fonts has Arabic or draws a box of its own; here it is the box of the shipped font.
  const [arabic, box] = await Promise.all(['أ', '□'].map((text) => drawChart(title(text))))
  expect(arabic!.png.equals(box!.png)).toBe(true)
  expect(arabic!.svg).toContain('أ') // a viewer may have it
})

test('the reliability curve clips nothing, names its errors and shows intervals', async () => {
  const scores = Array.from({ length: 60 }, (_, i) => (i % 2 === 0 ? 0.5 + (i % 25) / 50 : 0.5 - ((i - 1) % 25) / 50))
  const chart = reliabilityChart({
    calibration: calibration({
      yTrue: Array.from({ length: 30 }, (_, i) => (i % 4 === 0 ? 1 : 0)),
      scores,
      numClasses: 2,
    })!,
    title: 'Reliability',
  })
  expect(await hasInkInMargin(chart)).toBe(false)
  const { svg, vegaLite } = await drawChart(chart)
  expect(svg).toMatch(/ECE 0\.\d{3}, MCE 0\.\d{3}/)
  const { data } = JSON.parse(vegaLite) as { data: { values: Record<string, number>[] } }
  for (const { accuracy, accuracyLow, accuracyHigh } of data.values) {
    expect(accuracyLow).toBeLessThan(accuracy!)
    expect(accuracyHigh).toBeGreaterThanOrEqual(accuracy!)
  }
})

test('classes differ in colour or shape up to forty of them, and text is legible on every cell', () => {
  const marks = Array.from({ length: 40 }, (_, c) => `${classColor(c)} ${classShape(c)}`)
  expect(new Set(marks).size).toBe(40)
  expect(new Set(categorical).size).toBe(8)
  const channels = (hex: string) => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16))
  const luminance = (rgb: readonly number[]) =>
    rgb.reduce(
      (sum, v, i) =>
        sum +
        [0.2126, 0.7152, 0.0722][i]! * (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4),
      0,
    )
  for (let k = 0; k <= 20; k++) {
    const [low, high] = sequential.map(channels)
    const background = luminance(low!.map((from, i) => from + ((high![i]! - from) * k) / 20))
    const foreground = luminance(channels(inkOn(k / 20)))
    const contrast = (Math.max(background, foreground) + 0.05) / (Math.min(background, foreground) + 0.05)
    expect(contrast, `share ${k / 20}`).toBeGreaterThan(3)
  }
})

describe('report/figures', () => {
  const run = async (
    inputs: NonNullable<Parameters<typeof runOperation>[1]>['inputs'],
    options: Record<string, unknown> = {},
  ) => {
    const result = await runOperation(operation, { options: { maxIter: 60, ...options }, inputs: inputs! })
    const report = result.outputs['report'] as ReportValue
    const files = readdirSync(report.dir).sort()
    const csv = files.includes('t-sne.csv') ? readFileSync(join(report.dir, 't-sne.csv'), 'utf8') : ''
    const svg = files.includes('t-sne.svg') ? readFileSync(join(report.dir, 't-sne.svg'), 'utf8') : ''
    const umapCsv = files.includes('umap.csv') ? readFileSync(join(report.dir, 'umap.csv'), 'utf8') : ''
    result.dispose()
    return { files, csv, umapCsv, svg, metrics: report.metrics, logs: result.logs }
  }

  test('draws what it is given', async () => {
    const features = someFeatures({ numSamples: 100 })
    expect((await run({ features })).files).toEqual([
      'metrics.json',
      't-sne.csv',
      't-sne.png',
      't-sne.svg',
      't-sne.vl.json',
    ])
    const margins = { ...somePredictions(), scoreKind: 'margin' as const }
    expect((await run({ predictions: margins })).files).toEqual([
      'confusion-matrix.png',
      'confusion-matrix.svg',
      'confusion-matrix.vl.json',
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

  test('draws UMAP of the same rows beside t-SNE, with its trustworthiness, and repeats it', async () => {
    const features = someFeatures({ numSamples: 100 })
    const beside = () => run({ features }, { umap: true, neighbors: 50 })
    const [first, second] = [await beside(), await beside()]
    expect(first.files).toEqual(
      expect.arrayContaining(['t-sne.png', 'umap.csv', 'umap.png', 'umap.svg', 'umap.vl.json']),
    )
    const idsOf = (csv: string) => csv.split('\n').map((line) => line.split(',')[0])
    expect(idsOf(first.umapCsv)).toEqual(idsOf(first.csv))
    expect(second.umapCsv).toBe(first.umapCsv)
    expect(first.umapCsv).not.toContain('NaN')
    expect(first.metrics['umap.trustworthiness']).toBeGreaterThan(0.5)
    expect(first.metrics['umap.neighbors']).toBe(19)
    expect(first.logs.map(({ message }) => message).join('\n')).toContain('UMAP: neighbors 50 needs more than 50 rows')
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
