import { expect, test } from 'vitest'
import type { EpochRecord } from './epoch-record.js'
import { findNotLearning } from './not-learning.js'

const healthy: EpochRecord = { epoch: 1, loss: 3, position: 0.6, std: 0.08, rankMe: 20, alignment: 0.3, uniformity: -2, knn: null, linear: null } // prettier-ignore
const history = (...changes: readonly Partial<EpochRecord>[]): EpochRecord[] =>
  changes.map((change, i) => ({ ...healthy, epoch: i + 1, ...change }))
const shape = { width: 128, steps: 100 }

test.each([
  ['healthy epochs', history({}, {}, {}), undefined],
  ['one collapsed epoch', history({}, { std: 0.001 }), undefined],
  ['two collapsed epochs', history({}, { std: 0.001 }, { std: 0.001 }), /"std" has said so since epoch 2/],
  ['embeddings on a line', history({ rankMe: 1.2 }, { rankMe: 1.1 }), /"rankMe" has said so since epoch 1/],
  ['identical views', history({}, { alignment: 0 }), /"views" has said so since epoch 2/],
  ['two stuck epochs', history({ position: 1 }, { position: 1.01 }), undefined],
  [
    'three stuck epochs',
    history({}, { position: 1 }, { position: 1.01 }, { position: 1 }),
    /"position" has said so since epoch 2/,
  ],
  ['a loss on its way', history({ position: 1.02 }, { position: 1 }, { position: 0.985 }), undefined],
  ['a method without a position', history({ position: null }, { position: null }, { position: null }), undefined],
])('%s', (_, records, expected) => {
  const found = findNotLearning(records, shape)
  if (expected === undefined) expect(found).toBeUndefined()
  else expect(found?.message).toMatch(expected)
})
test('epochs of few steps are given more of them', () => {
  const stuck = history(...Array.from({ length: 19 }, () => ({ position: 1 })))
  expect(findNotLearning(stuck, { width: 128, steps: 10 })).toBeUndefined()
  expect(findNotLearning([...stuck, { ...stuck[0]!, epoch: 20 }], { width: 128, steps: 10 })).toBeDefined()
})
