import type { PredictionBatch, SetThresholds } from '@etsef/plugin-api'
import { expect, test } from 'vitest'
import provider from './sets.js'

/** Validation rows of two classes: row i is of class i mod 2, of patient ⌊i / 2⌋, and its own class has probability `own`. */
const validation = (own: readonly number[], more: Partial<PredictionBatch> = {}): PredictionBatch => ({
  kind: 'predictions',
  ids: own.map((_, at) => `row ${String(at)}`),
  sourceIds: own.map((_, at) => String(at)),
  labels: Int32Array.from(own, (_, at) => at % 2),
  groups: own.map((_, at) => `patient ${String(at >> 1)}`),
  partitions: own.map(() => 'val' as const),
  classNames: ['a', 'b'],
  scores: Float64Array.from(own.flatMap((score, at) => (at % 2 === 0 ? [score, 1 - score] : [1 - score, score]))),
  scoreKind: 'probability',
  predicted: Int32Array.from(own, (_, at) => at % 2),
  ...more,
})

test('thresholds hold a patient once, and are null where patients are too few', () => {
  const own = Array.from({ length: 24 }, (_, at) => 0.5 + at / 64)
  const sets = provider.calibrateSets(validation(own)) as SetThresholds
  expect(sets).toMatchObject({ level: 0.9, numSamples: 24, numGroups: 12 })
  // 90 % of 12 patients and one to come are 11.7: only the least sure row reaches that.
  expect(sets.marginal).toEqual([0.5, 0.5])
  expect(sets.classConditional).toEqual([1 - own[0]!, 1 - own[1]!])
  const few = provider.calibrateSets(validation(own.slice(0, 16))) as SetThresholds
  expect([few.numGroups, few.marginal, few.classConditional]).toEqual([8, [null, null], [null, null]])
})

test.each([
  ['no validation rows', validation([]), /no validation rows/],
  ['scores that are no probabilities', validation([0.6, 0.7], { scoreKind: 'margin' }), /no probabilities/],
  ['rows without a label', validation([0.6, 0.7], { labels: Int32Array.of(0, -1) }), /^a validation row has no label/],
])('%s give a reason that names no row', (_, rows, reason) => {
  const { missing } = provider.calibrateSets(rows) as { missing: string }
  expect(missing).toMatch(reason)
  expect(missing).not.toContain('row 1')
})
