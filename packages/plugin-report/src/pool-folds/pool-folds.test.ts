import { concatPredictions, pickPredictions, type PredictionBatch, type ReportValue } from '@etsef/plugin-api'
import { runOperation, somePredictions } from '@etsef/plugin-api/testing'
import { describe, expect, test } from 'vitest'
import { evaluate } from '../evaluate/evaluate.js'
import { outOfFold } from './out-of-fold.js'

const numFolds = 4
/** Predictions of all rows by a model of its own for each fold. */
const folds = Array.from({ length: numFolds }, (_, fold) => {
  const rows = somePredictions({ numSamples: 40, accuracy: 0.7, seed: fold + 1 })
  const partitions = rows.ids.map((_, row) => (row % numFolds === fold ? ('test' as const) : ('train' as const)))
  return { name: `fold-${String(fold)}`, value: { ...rows, partitions } }
})
const figures = async (predictions: PredictionBatch) => {
  const inputs = { predictions: [{ name: 'svm', value: predictions }] }
  const { outputs, dispose } = await runOperation(evaluate, { inputs, options: { resamples: 100 } })
  dispose()
  return (outputs['report'] as ReportValue).metrics
}

describe('out-of-fold predictions', () => {
  test('hold every row once, as the fold says it that tests the row', () => {
    const pooled = outOfFold(folds)
    expect([...pooled.ids].sort()).toEqual([...folds[0]!.value.ids].sort())
    expect(new Set(pooled.partitions)).toEqual(new Set(['test']))
    const width = pooled.classNames.length
    pooled.ids.forEach((id, at) => {
      const row = folds[0]!.value.ids.indexOf(id)
      const { value } = folds[row % numFolds]!
      expect(pooled.predicted[at]).toBe(value.predicted[row])
      expect(pooled.labels[at]).toBe(value.labels[row])
      expect(pooled.scores.slice(at * width, (at + 1) * width)).toEqual(
        value.scores.slice(row * width, (row + 1) * width),
      )
    })
  })

  test('are evaluated as the rows that were put together by hand', async () => {
    const byHand = concatPredictions(
      folds.map(({ value }, fold) =>
        pickPredictions(
          value,
          Array.from({ length: 10 }, (_, index) => index * numFolds + fold),
        ),
      ),
    )
    const pooled = await figures(outOfFold(folds))
    expect(pooled).toEqual(await figures(byHand))
    expect(pooled['svm.n']).toBe(40)
  })

  test('a row that two folds test is refused, and one that none does', () => {
    const [first, second, ...others] = folds as [(typeof folds)[0], (typeof folds)[0], ...typeof folds]
    const again = { ...second, value: { ...second.value, partitions: first.value.partitions } }
    expect(() => outOfFold([first, again, ...others])).toThrow(
      expect.objectContaining({
        code: 'ERR_DUPLICATE_ID',
        message: `Row "${first.value.ids[0]!}" is a test row of "fold-1" and of "fold-0"`,
      }),
    )
    expect(() => outOfFold([first, ...others])).toThrow(
      expect.objectContaining({
        code: 'ERR_MISSING_ID',
        message: `Row "${first.value.ids[1]!}" of "fold-0" is a test row of no fold`,
      }),
    )
  })

  test('folds of other tasks, of other scores and without test rows are refused', () => {
    const [first, second] = folds as [(typeof folds)[0], (typeof folds)[0]]
    const wrong = (value: Partial<PredictionBatch>) => () =>
      outOfFold([first, { ...second, value: { ...second.value, ...value } }])
    expect(wrong({ classNames: [...second.value.classNames].reverse() })).toThrow(
      expect.objectContaining({ code: 'ERR_CLASS_LIST' }),
    )
    expect(wrong({ scoreKind: 'margin' })).toThrow(expect.objectContaining({ code: 'ERR_BAD_DATA' }))
    expect(wrong({ partitions: second.value.ids.map(() => 'train' as const) })).toThrow(
      expect.objectContaining({ code: 'ERR_TOO_FEW_ROWS' }),
    )
  })
})
