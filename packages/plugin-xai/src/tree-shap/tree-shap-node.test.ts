import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AttributionBatch } from '@etsef/plugin-api'
import { runOperation, someFeatures } from '@etsef/plugin-api/testing'
import { afterAll, expect, test } from 'vitest'
import { saveTrees } from '../../fixtures/tree-models.js'
import plugin from '../plugin.js'

const dir = mkdtempSync(join(tmpdir(), 'etsef-shap-node-'))
afterAll(() => {
  rmSync(dir, { recursive: true, force: true })
})
const operation = plugin.operations.find(({ type }) => type === 'xai/tree-shap')!
const table = someFeatures({ numFeatures: 3, numSamples: 50 })
saveTrees(dir, {
  kind: 'xgboost',
  isBinary: true,
  featureNames: table.featureNames,
  numClasses: 2,
  trees: { roots: [0], features: [0, -1, -1], thresholds: [0.8, 0, 0], lefts: [1, 0, 1], rights: [2, 0, 0] },
  leafValues: [-1, 3],
})
const model = { kind: 'model' as const, dir }

test('gives values of every class, which add up, and nothing to a column without split', async () => {
  const { outputs, metrics, ...result } = await runOperation(operation, { inputs: { features: table, model } })
  const { values, shape, unit, targets, additivityResidual } = outputs['attributions'] as AttributionBatch
  expect(shape).toEqual([2, 3])
  expect(unit).toBe('margin')
  for (let i = 0; i < table.ids.length; i++) {
    const [first, , , second, ...others] = values.subarray(i * 6, i * 6 + 6)
    const isRight = table.features[i * 3]! >= Math.fround(0.8)
    expect(second! > 0).toBe(isRight)
    expect(first).toBe(-second!)
    expect(others).toEqual([0, 0])
    expect(targets[i]).toBe(isRight ? 1 : 0)
    expect(additivityResidual[i]).toBeLessThan(1e-12)
  }
  expect(metrics.map(({ name }) => name)).toEqual(['additivityResidual', 'backgroundRows'])
  result.dispose()
})

test('draws its background from train rows only: other rows may change as they like', async () => {
  const background = async (features: typeof table): Promise<string> => {
    const { stateDir, ...result } = await runOperation(operation, {
      inputs: { features, model },
      options: { background: 9 },
    })
    const bytes = readFileSync(join(stateDir!, 'background.bin')).toString('hex')
    result.dispose()
    return bytes
  }
  const change = (where: (partition: string) => boolean) => ({
    ...table,
    features: table.features.map((value, at) => (where(table.partitions[Math.floor(at / 3)]!) ? value + 100 : value)),
  })
  const honest = await background(table)
  expect(honest).toHaveLength(2 * 4 * 3 * 9)
  expect(await background(change((partition) => partition !== 'train'))).toBe(honest)
  expect(await background(change((partition) => partition === 'train'))).not.toBe(honest)
})

test('gives rows that are all the same nothing, and flags them', async () => {
  const features = { ...table, features: table.features.map((_, at) => at % 3) }
  const { outputs, ...result } = await runOperation(operation, { inputs: { features, model } })
  const { values, empty, additivityResidual } = outputs['attributions'] as AttributionBatch
  expect(values.every((value) => value === 0)).toBe(true)
  expect(empty.every((flag) => flag === 1)).toBe(true)
  expect(additivityResidual.every((residual) => residual < 1e-12)).toBe(true)
  result.dispose()
})

test('refuses rows with other columns than the model', async () => {
  const features = someFeatures({ numFeatures: 4 })
  await expect(runOperation(operation, { inputs: { features, model } })).rejects.toMatchObject({
    code: 'ERR_SHAPE_MISMATCH',
    received: '4 columns, "f3" at 3',
  })
})

test('refuses a model of other classes', async () => {
  const features = someFeatures({ numFeatures: 3, numClasses: 3 })
  await expect(runOperation(operation, { inputs: { features, model } })).rejects.toMatchObject({
    code: 'ERR_CLASS_LIST',
  })
})
