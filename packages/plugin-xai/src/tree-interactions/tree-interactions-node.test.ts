import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AttributionBatch, FeatureBatch, ReportValue } from '@etsef/plugin-api'
import { runOperation, someFeatures } from '@etsef/plugin-api/testing'
import { afterAll, expect, test } from 'vitest'
import { saveTrees } from '../../fixtures/tree-models.js'
import plugin from '../plugin.js'
import type { InteractionsJson } from './tree-interactions-node.js'

const dir = mkdtempSync(join(tmpdir(), 'etsef-interactions-'))
afterAll(() => {
  rmSync(dir, { recursive: true, force: true })
})
const find = (wanted: string) => plugin.operations.find(({ type }) => type === wanted)!
const table = someFeatures({ numFeatures: 4, numSamples: 50 })
// Columns 0 and 1 act together only; column 2 alone.
const half = 0.5
saveTrees(dir, {
  kind: 'xgboost',
  isBinary: true,
  featureNames: table.featureNames,
  numClasses: 2,
  trees: {
    roots: [0, 7],
    features: [0, 1, 1, -1, -1, -1, -1, 2, -1, -1],
    thresholds: [half, half, half, 0, 0, 0, 0, half, 0, 0],
    lefts: [1, 3, 5, 0, 1, 2, 3, 8, 4, 5],
    rights: [2, 4, 6, 0, 0, 0, 0, 9, 0, 0],
  },
  leafValues: [1, -1, -1, 1, -0.25, 0.5],
})
const model = { kind: 'model' as const, dir }

async function explain(
  features: FeatureBatch = table,
  options: Record<string, unknown> = {},
): Promise<InteractionsJson & Pick<ReportValue, 'metrics' | 'table'>> {
  const { outputs, dispose } = await runOperation(find('xai/tree-interactions'), {
    inputs: { features, model },
    options,
  })
  const { dir: written, metrics, table: shown } = outputs['report'] as ReportValue
  const json = JSON.parse(readFileSync(join(written, 'interactions.json'), 'utf8')) as InteractionsJson
  dispose()
  return { ...json, metrics, ...(shown ? { table: shown } : {}) }
}

test('gives matrices whose rows sum to the values of xai/tree-shap, of the predicted class', async () => {
  // Every train row is the background of both.
  const options = { background: 10_000 }
  const { rows, columns, unit, metrics } = await explain(table, { ...options, maxImages: 100 })
  const { outputs, dispose } = await runOperation(find('xai/tree-shap'), {
    inputs: { features: table, model },
    options,
  })
  dispose()
  const shap = outputs['attributions'] as AttributionBatch
  expect(columns).toEqual(table.featureNames)
  expect(unit).toBe('margin')
  expect(metrics['additivityResidual']).toBeLessThan(1e-9)
  expect(metrics['numRows']).toBe(table.partitions.filter((partition) => partition === 'test').length)
  expect(new Set(rows.map(({ explainedClass }) => explainedClass)).size).toBe(2)
  for (const { id, explainedClass, matrix, values, others } of rows) {
    const at = shap.ids.indexOf(id)
    const label = table.classNames.indexOf(explainedClass)
    expect(label).toBe(shap.targets[at])
    matrix.forEach((row, j) => {
      const value = shap.values[8 * at + 4 * label + j]!
      expect(row.reduce((sum, each) => sum + each, 0)).toBeCloseTo(value, 6)
      expect(values[j]).toBeCloseTo(value, 6)
      expect(others[j]).toBeCloseTo(0, 12)
      row.forEach((each, k) => expect(each).toBe(matrix[k]![j]))
    })
    expect(Math.abs(matrix[0]![1]!)).toBeGreaterThan(0)
    // Nothing acts together with column 2, and column 3 does nothing.
    expect([matrix[0]![2], matrix[1]![2], ...matrix[3]!]).toEqual([0, 0, 0, 0, 0, 0].map((zero) => expect.closeTo(zero, 12) as number)) // prettier-ignore
  }
})

test('shows the largest columns, and what they do with all others as one number', async () => {
  const { rows, columns, table: shown, metrics } = await explain(table, { maxColumns: 2, maxImages: 3 })
  expect(rows).toHaveLength(3)
  expect(columns).toHaveLength(2)
  for (const { matrix, others, values } of rows)
    matrix.forEach((row, j) => expect(row.reduce((sum, each) => sum + each, others[j]!)).toBeCloseTo(values[j]!, 9))
  expect(shown!.rows[0]![0]).toBe(`${table.featureNames[0]!} × ${table.featureNames[1]!}`)
  expect(metrics['share.together']).toBeGreaterThan(0)
  expect(metrics['share.together']).toBeLessThan(1)
})

test('has nothing to say of rows that are all the same', async () => {
  const { rows, metrics } = await explain({ ...table, features: table.features.map((_, at) => at % 4) })
  for (const { matrix, values } of rows)
    expect([...matrix.flat(), ...values].every((value) => Math.abs(value) < 1e-12)).toBe(true)
  for (const value of Object.values(metrics)) expect(Number.isFinite(value)).toBe(true)
})

test('draws its background from train rows only', async () => {
  const changed = (wanted: string) => ({
    ...table,
    features: table.features.map((value, at) => (table.partitions[Math.floor(at / 4)] === wanted ? 1 - value : value)),
  })
  const honest = await explain(table, { background: 9 })
  expect((await explain(changed('val'), { background: 9 })).rows).toEqual(honest.rows)
  expect((await explain(changed('train'), { background: 9 })).rows).not.toEqual(honest.rows)
})

test('refuses other columns, other classes, and a table without train rows', async () => {
  await expect(explain(someFeatures({ numFeatures: 5 }))).rejects.toMatchObject({ code: 'ERR_SHAPE_MISMATCH' })
  await expect(explain(someFeatures({ numFeatures: 4, numClasses: 3 }))).rejects.toMatchObject({
    code: 'ERR_CLASS_LIST',
  })
  const untrained = { ...table, partitions: table.ids.map(() => 'test' as const) }
  await expect(explain(untrained)).rejects.toMatchObject({ code: 'ERR_TOO_FEW_ROWS' })
})
