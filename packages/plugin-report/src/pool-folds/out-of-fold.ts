import { PipelineError, concatPredictions, pickPredictions } from '@etsef/plugin-api'
import type { Named, PredictionBatch } from '@etsef/plugin-api'

/**
 * The test rows of all folds, in the order of the folds.
 *
 * @param folds - Predictions of one model, fitted anew for each fold.
 * @throws PipelineError `ERR_DUPLICATE_ID` for a row that two folds test, `ERR_MISSING_ID` for one that none does,
 * `ERR_TOO_FEW_ROWS` for a fold without test rows, `ERR_CLASS_LIST` and `ERR_BAD_DATA` where class lists or kinds of scores differ.
 */
export function outOfFold(folds: readonly Named<PredictionBatch>[]): PredictionBatch {
  const [first] = folds
  if (!first)
    throw new PipelineError('ERR_MISSING_INPUT', { message: 'there are no predictions to pool', port: 'predictions' })
  for (const other of folds) checkSameKind(first, other)
  const testedIn = new Map<string, string>()
  const sources = new Set<string>()
  const tested = folds.map(({ name, value }) => {
    const rows = value.partitions.flatMap((partition, row) => (partition === 'test' ? [row] : []))
    if (rows.length === 0)
      throw new PipelineError('ERR_TOO_FEW_ROWS', {
        message: `Predictions "${name}" have no row of partition "test"`,
        expected: 'predictions of a fold',
        received: [...new Set(value.partitions)].join(', ') || 'no rows',
      })
    for (const row of rows) {
      const id = value.ids[row]!
      const before = testedIn.get(id)
      if (before !== undefined)
        throw new PipelineError('ERR_DUPLICATE_ID', {
          message: `Row "${id}" is a test row of "${name}" and of "${before}"`,
          expected: 'every row in the test partition of one fold',
          hint: 'pool the folds of one split: the same seed, the same number of folds',
        })
      testedIn.set(id, name)
      sources.add(value.sourceIds[row]!)
    }
    return pickPredictions(value, rows)
  })
  for (const { name, value } of folds) checkAllTested(name, value, sources)
  return concatPredictions(tested)
}

function checkSameKind(first: Named<PredictionBatch>, other: Named<PredictionBatch>): void {
  if (first.value.classNames.join('\u0000') !== other.value.classNames.join('\u0000'))
    throw new PipelineError('ERR_CLASS_LIST', {
      message: `Predictions "${other.name}" and "${first.name}" have different class lists`,
      expected: first.value.classNames.join(', '),
      received: other.value.classNames.join(', '),
    })
  if (first.value.scoreKind !== other.value.scoreKind)
    throw new PipelineError('ERR_BAD_DATA', {
      message: `Scores of "${other.name}" and "${first.name}" are of different kinds`,
      expected: first.value.scoreKind,
      received: other.value.scoreKind,
    })
}

/** Copies made for training are rows of their originals, by which they are known. */
function checkAllTested(name: string, { ids, sourceIds }: PredictionBatch, sources: ReadonlySet<string>): void {
  const row = sourceIds.findIndex((source) => !sources.has(source))
  if (row < 0) return
  throw new PipelineError('ERR_MISSING_ID', {
    message: `Row "${ids[row]!}" of "${name}" is a test row of no fold`,
    expected: 'every row in the test partition of one fold',
    hint: 'pool all folds of the split',
  })
}
