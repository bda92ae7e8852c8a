import type { EstimatorImplementation, FeatureBatch, Partition } from '@etsef/plugin-api'
import { runOperation } from '@etsef/plugin-api/testing'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { afterAll, describe, expect, test } from 'vitest'
import plugin from '../plugin.js'
import { drawTable } from '../testing/drawn-table.js'
import { float32Above, float32AtMost } from './float32-thresholds.js'

/** What each method is asked with; every one that can be written stands here. */
const cases: readonly (readonly [type: string, options: Readonly<Record<string, unknown>>])[] = [
  ['linear-svm', {}],
  ['kernel-svm', {}],
  ['kernel-svm', { kernel: 'linear' }],
  ['kernel-svm', { kernel: 'poly', coef0: 1 }],
  ['kernel-svm', { kernel: 'sigmoid', gamma: 0.05 }],
  ['logistic-regression', {}],
  ['lda', {}],
  ['naive-bayes', {}],
  ['knn', { metric: 'l1', weights: 'distance' }],
  ['knn', { metric: 'l2', weights: 'distance' }],
  ['knn', { metric: 'cosine', weights: 'distance' }],
  ['knn', { metric: 'l1', weights: 'uniform', neighbors: 5 }],
  ['random-forest', { trees: 12 }],
  ['xgboost', { rounds: 8 }],
  ['pca', { components: 3 }],
  ['pca', { components: 3, whiten: true }],
  ['fast-ica', { components: 3 }],
  ['lda-projection', {}],
  ['random-projection', { components: 3 }],
  ['standardize', {}],
  ['select-anova', { components: 3 }],
]

const numRows = 90
const tables = {
  'three classes': { seed: 5, rows: numRows, columns: 6, classes: 3, shift: 0.3, ties: 8, constant: true },
  'two classes': { seed: 6, rows: numRows, columns: 6, classes: 2, shift: 0.3 },
  'a class without rows': { seed: 7, rows: numRows, columns: 6, classes: 3, shift: 0.3, missing: 1 },
} as const

function batchOf(table: (typeof tables)[keyof typeof tables], withZeros: boolean): FeatureBatch {
  const { x, y } = drawTable(table, 0)
  const features = Float32Array.from(x.data)
  // The last row stands in training as well: distances of 0. By cosine a row of zeros has one distance from every other, so nobody's order.
  features.copyWithin((numRows - 1) * 6, 0, 6)
  if (withZeros) features.fill(0, (numRows - 2) * 6, (numRows - 1) * 6)
  const ids = Array.from({ length: numRows }, (_, i) => `row${String(i).padStart(3, '0')}`)
  return {
    kind: 'features',
    ...{ ids, sourceIds: ids, labels: y.labels, groups: ids },
    partitions: ids.map((_, i): Partition => (i < 60 ? 'train' : i < 70 ? 'val' : 'test')),
    classNames: Array.from({ length: y.numClasses }, (_, k) => `class ${String(k)}`),
    features,
    featureNames: Array.from({ length: 6 }, (_, j) => `f${String(j)}`),
  }
}

type Implementation = EstimatorImplementation<unknown, Record<string, never>, Record<string, never>, unknown>
const operationOf = (type: string) => plugin.operations.find((each) => each.type === `ensemble/${type}`)!

const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** Files of a fitted method in open formats, and what it says of every row. */
async function written(type: string, options: Readonly<Record<string, unknown>>, batch: FeatureBatch) {
  const operation = operationOf(type)
  // Types are erased here; the implementation was checked against its own where it was defined.
  const code = (await operation.load()) as Implementation
  const { outputs, stateDir, dispose } = await runOperation(operation, { options, inputs: { features: batch } })
  const dir = mkdtempSync(join(tmpdir(), 'etsef-open-'))
  folders.push(dir)
  const state = await code.load(stateDir!)
  await code.writeOpenFormats!({ state, options, inputs: {}, classNames: batch.classNames, dir })
  dispose()
  const { predictions, features } = outputs
  if (predictions?.kind === 'predictions') return { dir, expected: Float64Array.from(predictions.scores) }
  if (features?.kind === 'features') return { dir, expected: Float64Array.from(features.features) }
  throw new Error(`${type} gives no rows`)
}

async function askOnnx(path: string, { features, ids, featureNames }: FeatureBatch): Promise<Float32Array> {
  const session = await InferenceSession.create(path)
  const input = new Tensor('float32', features, [ids.length, featureNames.length])
  const results = await session.run({ input })
  const { data } = results[session.outputNames[0]!]!
  await session.release()
  if (data instanceof Float32Array) return data
  throw new Error('not float32')
}

/** Sums of trees as XGBoost 1.7 walks them: to the left child, or to the node after it. `test/predict` asks the library itself. */
function askXgboost(path: string, { features, ids }: FeatureBatch): { margins: number[][]; objective: string } {
  interface Tree {
    readonly left_children: readonly number[]
    readonly split_conditions: readonly number[]
    readonly split_indices: readonly number[]
  }
  const text = readFileSync(path, 'utf8')
  // Whole numbers are refused where floats belong.
  expect(text.match(/"split_conditions":\[[^\]]*\]/g)?.every((list) => !/[[,]-?\d+[\],]/.test(list))).toBe(true)
  const { learner } = JSON.parse(text) as {
    learner: {
      gradient_booster: { model: { tree_info: readonly number[]; trees: readonly Tree[] } }
      learner_model_param: { base_score: string; num_class: string }
      objective: { name: string }
    }
  }
  const { tree_info: classOf, trees } = learner.gradient_booster.model
  const objective = learner.objective.name
  const base = objective === 'binary:logistic' ? 0 : Number(learner.learner_model_param.base_score)
  const margins = ids.map((_, i) => {
    const sums = new Array<number>(Math.max(1, Number(learner.learner_model_param.num_class))).fill(base)
    trees.forEach((tree, t) => {
      let node = 0
      while (tree.left_children[node]! >= 0) {
        const value = features[i * 6 + tree.split_indices[node]!]!
        node = tree.left_children[node]! + Number(!(value < Math.fround(tree.split_conditions[node]!)))
      }
      sums[classOf[t]!]! += tree.split_conditions[node]!
    })
    return sums
  })
  return { margins, objective }
}

function softmaxOf(margins: readonly number[]): number[] {
  const all = margins.length === 1 ? [0, margins[0]!] : margins
  const total = all.reduce((sum, margin) => sum + Math.exp(margin), 0)
  return all.map((margin) => Math.exp(margin) / total)
}

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(actual.length).toBe(expected.length)
  let worst = 0
  for (let i = 0; i < expected.length; i++)
    worst = Math.max(worst, Math.abs(actual[i]! - expected[i]!) / Math.max(1, Math.abs(expected[i]!)))
  expect(worst).toBeLessThan(1e-6)
}

describe.each(Object.entries(tables))('of %s, ONNX Runtime gives our answers', (_, table) => {
  test.each(cases)('%s %o', async (type, options) => {
    const batch = batchOf(table, options['metric'] !== 'cosine')
    const { dir, expected } = await written(type, options, batch)
    expect(new Set(expected).size).toBeGreaterThan(5)
    expectClose(await askOnnx(join(dir, 'model.onnx'), batch), expected)
  })
})

describe.each(Object.entries(tables))('of %s, XGBoost JSON gives our answers', (_, table) => {
  test.each(cases.filter(([type]) => /xgboost|forest/.test(type)))('%s', async (type, options) => {
    const batch = batchOf(table, true)
    const { dir, expected } = await written(type, options, batch)
    const { margins, objective } = askXgboost(join(dir, 'xgboost.json'), batch)
    const scores = objective === 'multi:softmax' ? margins : margins.map(softmaxOf)
    // XGBoost knows no class without rows.
    const known = new Set(batch.labels)
    const numClasses = batch.classNames.length
    const isKnown = (label: number): boolean => type === 'random-forest' || known.has(label)
    expectClose(
      scores.flat(),
      expected.filter((_value, at) => isKnown(at % numClasses)),
    )
  })
})

test('what cannot be written is known', async () => {
  const without: string[] = []
  for (const operation of plugin.operations) {
    if (operation.kind !== 'estimator' || operation.joins) continue
    const code = (await operation.load()) as Partial<Implementation>
    if (!code.writeOpenFormats) without.push(operation.type.split('/')[1]!)
  }
  expect(without.sort()).toEqual(['abstain-for-accuracy', 'calibrate', 'cross-fit', 'tune'])
})

test.each([0, 1, -1, 0.1, -0.1, 1e-46, -1e-46, 16777217, 1 / 3])('float32 neighbours of %d', (value) => {
  const [below, above] = [float32AtMost(value), float32Above(value)]
  expect([Math.fround(below), Math.fround(above)]).toEqual([below, above])
  expect(below).toBeLessThanOrEqual(value)
  expect(above).toBeGreaterThan(value)
  // Nothing lies between.
  expect([below, above]).toContain(Math.fround((below + above) / 2))
})
