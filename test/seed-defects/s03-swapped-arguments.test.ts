import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PredictionBatch, ReportValue } from '@etsef/plugin-api'
import { runOperation, someRows } from '@etsef/plugin-api/testing'
import report from '@etsef/plugin-report'
import { expect, test } from 'vitest'
import { operationOf } from '../support/operation.js'

// Truth 0 0 0 0 1 1, prediction 0 0 1 1 1 1: class 0 has precision 1 and recall 1/2.
const yTrue = [0, 0, 0, 0, 1, 1]
const yPred = [0, 0, 1, 1, 1, 1]

/** `precision_recall_fscore_support(a, b)` of scikit-learn: the first argument is the truth. */
function precisionAndRecall(first: readonly number[], second: readonly number[], c: number): [number, number] {
  const hits = first.filter((label, i) => label === c && second[i] === c).length
  return [hits / second.filter((label) => label === c).length, hits / first.filter((label) => label === c).length]
}

/** `confusion_matrix(a, b)` of scikit-learn: rows are the first argument. */
function confusion(first: readonly number[], second: readonly number[]): number[][] {
  return [0, 1].map((row) =>
    [0, 1].map((column) => first.filter((label, i) => label === row && second[i] === column).length),
  )
}

test('S3: called (prediction, truth), precision is recall and the matrix is transposed', () => {
  expect(precisionAndRecall(yTrue, yPred, 0)).toEqual([1, 0.5])
  expect(precisionAndRecall(yPred, yTrue, 0)).toEqual([0.5, 1])
  expect(confusion(yPred, yTrue)).toEqual([[2, 0], [2, 2]]) // prettier-ignore
})

test('S3: report/evaluate takes one table of rows, so nothing can be swapped', async () => {
  const rows = someRows({ numSamples: 6, numClasses: 2, partition: () => 'test' })
  const predictions: PredictionBatch = {
    kind: 'predictions',
    ...rows,
    labels: Int32Array.from(yTrue),
    predicted: Int32Array.from(yPred),
    scores: Float64Array.from(yPred.flatMap((label) => [1 - label, label])),
    scoreKind: 'probability',
  }
  const result = await runOperation(operationOf(report, 'report/evaluate'), {
    options: { resamples: 100 },
    inputs: { predictions: [{ name: 'svm', value: predictions }] },
  })
  const { dir } = result.outputs['report'] as ReportValue
  const [input] = (JSON.parse(readFileSync(join(dir, 'metrics.json'), 'utf8')) as { inputs: Record<string, unknown>[] })
    .inputs
  result.dispose()
  expect(input!['perClass']).toMatchObject([
    { ppv: 1, sensitivity: 0.5 },
    { ppv: 0.5, sensitivity: 1 },
  ])
  // Rows are the truth.
  expect(input!['confusionMatrix']).toEqual(confusion(yTrue, yPred))
  expect(input!['confusionMatrix']).not.toEqual(confusion(yPred, yTrue))
})
