import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { AttributionBatch, FeatureBatch, ReportValue } from '@etsef/plugin-api'
import { runOperation, someFeatures, someRows } from '@etsef/plugin-api/testing'
import { describe, expect, test } from 'vitest'
import { barChart } from '../figures/bar-chart.js'
import { drawChart } from '../figures/draw-chart.js'
import plugin from '../plugin.js'
import { attributionMeans } from './mean-attributions.js'

const names = ['tl.features/f0', 'tl.features/f1', 'ssl.features/f0', 'age']

/** `values[row][class][column]` on the first rows of the partition order train, train, val, test, test. */
function batch(
  values: readonly (readonly (readonly number[])[])[],
  change: Partial<AttributionBatch> = {},
): AttributionBatch {
  const partitions = ['train', 'train', 'val', 'test', 'test'] as const
  const rows = someRows({ numSamples: values.length, partition: (i) => partitions[i]! })
  return {
    kind: 'attributions',
    ...rows,
    values: Float32Array.from(values.flat(2)),
    shape: [2, 4],
    method: 'tree-shap',
    unit: 'margin',
    targets: rows.labels,
    empty: new Uint8Array(values.length),
    additivityResidual: Float64Array.from(values, (_, i) => i * 1e-12),
    ...change,
  }
}

const none = [
  [9, 9, 9, 9],
  [9, 9, 9, 9],
]
const given = batch([
  none,
  none,
  none,
  [
    [1, -3, 0.5, 0],
    [0, 0, 2, 0],
  ],
  [
    [-1, 1, 0.5, 2],
    [0, 4, -2, 0],
  ],
])

describe('attributionMeans', () => {
  const means = (all: readonly AttributionBatch[]) => {
    const sums = attributionMeans(names, 'test')
    for (const each of all) sums.add(each)
    return sums.finish()
  }
  test('takes the mean of absolute values over the rows of the partition, class by class', () => {
    const { columns, numRows, additivityResidual } = means([given])
    expect(numRows).toBe(2)
    expect(additivityResidual).toBe(4e-12)
    expect(columns.map(({ name, perClass, total }) => [name, ...perClass, total])).toEqual([
      ['tl.features/f0', 1, 0, 1],
      ['tl.features/f1', 2, 2, 4],
      ['ssl.features/f0', 0.5, 2, 2.5],
      ['age', 1, 0, 1],
    ])
  })
  test('adds up the columns of a source before it takes absolute values', () => {
    const { sources } = means([given])
    expect(sources.map(({ name, perClass, total, columnTotal }) => [name, ...perClass, total, columnTotal])).toEqual([
      ['tl.features', 1, 2, 3, 5],
      ['ssl.features', 0.5, 2, 2.5, 2.5],
    ])
  })
  test('does not depend on how rows are batched', () => {
    const { partitions, labels, ids } = given
    const parts = [0, 1, 2, 3, 4].map((i) => ({
      ...given,
      ids: [ids[i]!],
      labels: labels.subarray(i, i + 1),
      partitions: [partitions[i]!],
      values: given.values.subarray(i * 8, (i + 1) * 8),
      additivityResidual: given.additivityResidual.subarray(i, i + 1),
    }))
    expect(means(parts)).toEqual(means([given]))
  })
  test('refuses maps, other columns and a partition without rows', () => {
    expect(() => means([{ ...given, shape: [8] }])).toThrow(expect.objectContaining({ code: 'ERR_SHAPE_MISMATCH' }))
    expect(() => means([batch([none, none])])).toThrow(expect.objectContaining({ code: 'ERR_TOO_FEW_ROWS' }))
  })
})

test('barChart stacks classes, escapes names, and draws nothing of zeros', async () => {
  const { svg } = await drawChart(
    barChart({
      title: 'Sources',
      notes: ['a & b'],
      classNames: ['x<y', 'z'],
      bars: [
        { name: 'tl', parts: [3, 1] },
        { name: 'ssl', parts: [0, 0] },
      ],
      axis: 'Mean',
    }),
  )
  const bars = [...svg.matchAll(/aria-roledescription="bar" d="M([\d.]+),[\d.]+h([\d.]+)v17/g)].map(([, x, width]) => [
    Number(x),
    Number(width),
  ])
  const [[start, first], [next, second]] = bars as [[number, number], [number, number]]
  expect(bars).toHaveLength(4)
  expect(start).toBe(0)
  expect(first).toBeCloseTo(3 * second, 6)
  expect(next).toBeCloseTo(first, 6)
  expect(bars.slice(2).map(([, width]) => width)).toEqual([0, 0])
  expect(svg).toContain('x&lt;y')
  expect(svg).toContain('a &amp; b')
  const nothing = barChart({ title: 't', notes: [], classNames: ['a'], bars: [{ name: 'n', parts: [0] }], axis: '' })
  expect((await drawChart(nothing)).svg).not.toContain('NaN')
})

test('report/attributions writes tables, figures and shares', async () => {
  const operation = plugin.operations.find(({ type }) => type === 'report/attributions')!
  const features: FeatureBatch = { ...someFeatures({ numSamples: 5, numFeatures: 4 }), featureNames: names }
  const { outputs, ...result } = await runOperation(operation, {
    options: { maxColumns: 2 },
    inputs: { attributions: given, features },
  })
  const { dir, metrics, table } = outputs['report'] as ReportValue
  expect(readdirSync(dir).sort()).toEqual([
    'columns.csv',
    'columns.png',
    'columns.svg',
    'columns.vl.json',
    'metrics.json',
    'sources.csv',
    'sources.png',
    'sources.svg',
    'sources.vl.json',
    'table.md',
  ])
  expect(metrics).toEqual({
    n: 2,
    additivityResidual: 4e-12,
    'share.tl.features': 3 / 5.5,
    'share.ssl.features': 2.5 / 5.5,
  })
  expect(table?.rows).toEqual([
    ['tl.features', '3'],
    ['ssl.features', '2.5'],
  ])
  expect(readFileSync(join(dir, 'columns.csv'), 'utf8').split('\n')[1]).toMatch(/^tl\.features\/f1,4,4,0\.47/)
  expect(readFileSync(join(dir, 'table.md'), 'utf8')).toContain('The 2 largest of 4')
  expect(readFileSync(join(dir, 'columns.svg'), 'utf8')).not.toContain('>age<')
  result.dispose()
})
