import { expect, test } from 'vitest'
import { fc } from '@fast-check/vitest'
import { test as propertyTest } from '@fast-check/vitest'
import { argmaxRows, fromRows, matrix, type Matrix } from '../../numeric/linear-algebra/matrix.js'
import { hardVote, softVote, type Ballot } from './vote-model.js'

function ballot(probabilities: Matrix): Ballot {
  return { probabilities, predicted: argmaxRows(probabilities) }
}

function member(...shares: number[]): Ballot {
  return ballot(fromRows([shares]))
}

test('the majority wins, whatever the probabilities', () => {
  const result = hardVote([member(0.4, 0.35, 0.25), member(0.4, 0.35, 0.25), member(0, 1, 0)])
  expect(result.predicted[0]).toBe(0)
  expect(Array.from(result.scores.data)).toEqual([2 / 3, 1 / 3, 0])
  expect(result.tieRate).toBe(0)
})

test('a tie goes to the class with the larger summed probability', () => {
  const votes = [member(0.6, 0.3, 0.1), member(0.6, 0.3, 0.1), member(0, 1, 0), member(0, 1, 0), member(0, 0, 1)]
  const result = hardVote(votes)
  expect(result.predicted[0]).toBe(1)
  expect(result.tied[0]).toBe(1)
  expect(result.tieRate).toBe(1)
})

test('equal probabilities leave a tie to the best-ranked member', () => {
  const votes = [member(0.8, 0.2), member(0.2, 0.8)]
  expect(hardVote(votes, { ranks: [2, 1] }).predicted[0]).toBe(1)
  expect(hardVote(votes, { ranks: [1, 2] }).predicted[0]).toBe(0)
})

test('a tie no rule decides is refused, or lowest when asked for', () => {
  const votes = [member(0.8, 0.2), member(0.2, 0.8)]
  expect(() => hardVote(votes)).toThrow(expect.objectContaining({ code: 'ERR_BAD_DATA' }))
  expect(hardVote(votes, { unresolved: 'lowest' }).predicted[0]).toBe(0)
})

test('weights count', () => {
  const votes = [member(0.8, 0.2), member(0.4, 0.6), member(0.4, 0.6)]
  expect(hardVote(votes, { weights: [3, 1, 1] }).predicted[0]).toBe(0)
  expect(softVote(votes).predicted[0]).toBe(0)
  expect(softVote(votes, { weights: [0, 1, 1] }).predicted[0]).toBe(1)
})

test('abstentions do not vote', () => {
  const silent: Ballot = { probabilities: fromRows([[0.9, 0.1]]), predicted: Int32Array.of(-1) }
  expect(hardVote([silent, member(0.2, 0.8)]).predicted[0]).toBe(1)
  expect(hardVote([silent]).predicted[0]).toBe(-1)
})

test('refuses members of other sizes and useless weights', () => {
  expect(() => hardVote([member(1, 0), member(1, 0, 0)])).toThrow(
    expect.objectContaining({ code: 'ERR_SHAPE_MISMATCH' }),
  )
  expect(() => hardVote([member(1, 0)], { weights: [0] })).toThrow(expect.objectContaining({ code: 'ERR_BAD_OPTION' }))
  expect(() => hardVote([member(1, 0)], { ranks: [1, 2] })).toThrow(expect.objectContaining({ code: 'ERR_BAD_OPTION' }))
})

const shares = fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 4, maxLength: 4 })

propertyTest.prop([fc.array(shares, { minLength: 1, maxLength: 7 })])('renaming classes renames the result', (rows) => {
  const order = [2, 0, 3, 1]
  const ballots = rows.map((row) => {
    const sum = row.reduce((a, b) => a + b, 0)
    return member(...row.map((value) => value / sum))
  })
  const renamed = ballots.map(({ probabilities, predicted }) => {
    const moved = matrix(1, 4)
    probabilities.data.forEach((value, c) => (moved.data[order[c]!] = value))
    return { probabilities: moved, predicted: predicted.map((c) => order[c]!) }
  })
  const ranks = ballots.map((_, m) => m)
  expect(hardVote(renamed, { ranks }).predicted[0]).toBe(order[hardVote(ballots, { ranks }).predicted[0]!])
  expect(softVote(renamed, { ranks }).predicted[0]).toBe(order[softVote(ballots, { ranks }).predicted[0]!])
})
