import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  createRng,
  type AttributionBatch,
  type FeatureBatch,
  type ModelValue,
  type PredictionBatch,
} from '@etsef/plugin-api'
import { outputsOf, readTreeEnsemble } from '@etsef/plugin-api/models'
import { runOperation, someFeatures } from '@etsef/plugin-api/testing'
import ensemble from '@etsef/plugin-ensemble'
import xai, { checkAdditivity, treeExplainer } from '@etsef/plugin-xai'
import { afterAll, expect, test } from 'vitest'
import { operationOf } from '../support/operation.js'

const root = mkdtempSync(join(tmpdir(), 'etsef-s15-'))
afterAll(() => {
  rmSync(root, { recursive: true, force: true })
})
const width = 5
const table = someFeatures({ numSamples: 150, numFeatures: width, numClasses: 3, separation: 1.5, seed: 15 })
const treeShap = operationOf(xai, 'xai/tree-shap')

interface Fitted {
  readonly predictions: PredictionBatch
  readonly model: ModelValue
}

/** A classifier of the ensemble, fitted on the train rows of a table. */
async function fit(type: string, features: FeatureBatch, name = type.replace('/', '-')): Promise<Fitted> {
  const { outputs, ...result } = await runOperation(operationOf(ensemble, type), { inputs: { features } })
  const dir = join(root, name)
  cpSync((outputs['model'] as ModelValue).dir, dir, { recursive: true })
  result.dispose()
  return { predictions: outputs['predictions'] as PredictionBatch, model: { kind: 'model', dir } }
}

async function explain(features: FeatureBatch, model: ModelValue, options = {}) {
  const { outputs, stateDir, ...result } = await runOperation(treeShap, { inputs: { features, model }, options })
  const background = readFileSync(join(stateDir!, 'background.bin'))
  result.dispose()
  return { attributions: outputs['attributions'] as AttributionBatch, background }
}

const rowOf = (features: Float32Array, row: number): Float32Array => features.subarray(row * width, (row + 1) * width)
const testRows = table.partitions.flatMap((partition, row) => (partition === 'test' ? [row] : []))

test('S15: with the first rows of a shuffled test batch as background, one row is explained anew in every run', async () => {
  const { model } = await fit('ensemble/xgboost', table)
  const trees = await readTreeEnsemble(model.dir)
  const notebook = (seed: number) => {
    const background = createRng(seed, 'shuffle').shuffle(testRows).slice(0, 16)
    return treeExplainer(trees, Float32Array.from(background.flatMap((row) => [...rowOf(table.features, row)])))
  }
  const [first, second] = [notebook(1), notebook(2)]
  const row = rowOf(table.features, testRows[0]!)
  const change = Math.max(...first.explain(row).map((value, at) => Math.abs(value - second.explain(row)[at]!)))
  expect(change).toBeGreaterThan(0.1)
  expect(Math.abs(first.base[0]! - second.base[0]!)).toBeGreaterThan(0.05)
})

test('S15: ours is drawn from train rows with the seed; test rows can be anything', async () => {
  expect(treeShap).toMatchObject({ kind: 'estimator', fitOn: ['train'], supervised: false })
  const { model } = await fit('ensemble/xgboost', table)
  const { background } = await explain(table, model, { background: 16 })
  const train = new Set(
    table.partitions.flatMap((partition, row) => (partition === 'train' ? [rowOf(table.features, row).join()] : [])),
  )
  const drawn = new Float32Array(Uint8Array.from(background).buffer)
  expect(drawn).toHaveLength(16 * width)
  for (let i = 0; i < 16; i++) expect(train).toContain(rowOf(drawn, i).join())
  const changed = table.features.map((value, at) =>
    table.partitions[Math.floor(at / width)] === 'train' ? value : value * 9 - 4,
  )
  expect((await explain({ ...table, features: changed }, model, { background: 16 })).background).toEqual(background)
})

test('S15: gradients passed through a batch norm add up to another function, and nobody looks; our gate refuses them', () => {
  // f(x) = w · (gamma (x − mean) / deviation): the notebook's rule for FusedBatchNorm hands the gradient on as it comes.
  const [w, gamma, deviation] = [
    [1, -2, 0.5],
    [3, 0.2, 1],
    [2, 1, 0.1],
  ] as const
  const f = (x: readonly number[]) => x.reduce((sum, value, j) => sum + (w[j]! * gamma[j]! * value) / deviation[j]!, 0)
  const [x, background] = [
    [1, 2, 3],
    [0.5, 0, -1],
  ]
  const passedThrough = Float64Array.from(x, (value, j) => w[j]! * (value - background[j]!))
  const honest = Float64Array.from(x, (value, j) => (w[j]! * gamma[j]! * (value - background[j]!)) / deviation[j]!)
  const claim = { base: Float64Array.of(f(background)), outputs: Float64Array.of(f(x)) }
  const sum = passedThrough.reduce((all, value) => all + value, 0)
  expect(Math.abs(sum - (f(x) - f(background)))).toBeGreaterThan(10)
  expect(() => checkAdditivity(passedThrough, claim, 'scan-7')).toThrow(
    expect.objectContaining({ code: 'ERR_NOT_ADDITIVE', message: expect.stringContaining('"scan-7"') as string }),
  )
  expect(checkAdditivity(honest, claim, 'scan-7')).toBeLessThan(1e-12)
})

const softmax = (margins: readonly number[]): number[] => {
  const shares = margins.map((margin) => Math.exp(margin - Math.max(...margins)))
  return shares.map((share) => share / shares.reduce((sum, value) => sum + value, 0))
}

test.for([
  ['ensemble/xgboost', 3, 'margin'],
  ['ensemble/xgboost', 2, 'margin'],
  ['ensemble/random-forest', 3, 'probability'],
  ['ensemble/random-forest', 2, 'probability'],
] as const)(
  'S15: of %s with %i classes, base and attributions sum to the output of the deployed model',
  async (given) => {
    const [type, numClasses, unit] = given
    const features = someFeatures({ numSamples: 150, numFeatures: width, numClasses, separation: 1.5, seed: 15 })
    const { predictions, model } = await fit(type, features, `${type.replace('/', '-')}-${String(numClasses)}`)
    const { attributions, background } = await explain(features, model)
    expect(attributions.unit).toBe(unit)
    expect(attributions.shape).toEqual([numClasses, width])
    expect([...attributions.targets]).toEqual([...predictions.predicted])
    expect(Math.max(...attributions.additivityResidual)).toBeLessThan(1e-12)
    const trees = await readTreeEnsemble(model.dir)
    const explainer = treeExplainer(trees, new Float32Array(Uint8Array.from(background).buffer))
    const isBinaryMargin = trees.numOutputs < numClasses
    features.ids.forEach((_, i) => {
      const sums = Array.from({ length: numClasses }, (__, k) => {
        const values = attributions.values.subarray((i * numClasses + k) * width, (i * numClasses + k + 1) * width)
        const base = isBinaryMargin ? (k === 1 ? 0.5 : -0.5) * explainer.base[0]! : explainer.base[k]!
        // With one margin m for two classes, softmax of −m/2 and m/2 is the logistic function of m.
        return base + values.reduce((sum, value) => sum + value, 0) / (isBinaryMargin ? 2 : 1)
      })
      const scores = [...predictions.scores.subarray(i * numClasses, (i + 1) * numClasses)]
      const found = unit === 'margin' ? softmax(sums) : sums
      found.forEach((value, k) => {
        expect(value).toBeCloseTo(scores[k]!, 5)
      })
      expect(outputsOf(trees, rowOf(features.features, i))).toHaveLength(trees.numOutputs)
    })
  },
)

test('S15: a model that is not made of trees, and rows with other columns than its own, are refused', async () => {
  const { model } = await fit('ensemble/knn', table)
  await expect(explain(table, model)).rejects.toMatchObject({ code: 'ERR_BAD_DATA', received: 'knn' })
  const { model: forest } = await fit('ensemble/random-forest', table)
  const renamed = { ...table, featureNames: table.featureNames.map((name) => `ica-${name}`) }
  await expect(explain(renamed, forest)).rejects.toMatchObject({ code: 'ERR_SHAPE_MISMATCH' })
})
