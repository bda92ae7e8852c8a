import { expect, test } from 'vitest'
import { fromRows, matrix } from '../../numeric/linear-algebra/matrix.js'
import { dynamicSelection } from './dynamic-selection-model.js'
import { memberOf, type Member } from '../members/member.js'

/** A two-class member with these decisions. */
function voter(name: string, ...choices: number[]): Member {
  return memberOf(
    name,
    matrix(
      choices.length,
      2,
      choices.flatMap((k) => [1 - k, k]),
    ),
  )
}

const x = fromRows([[0], [1], [2], [3], [0.4]])
const options = { rule: 'eliminate', neighbors: 2, metric: 'l2' } as const

test('a row with a known label is not its own neighbour', () => {
  // Member a is right on row 0 only, b on the rows around it: row 0 must not vouch for a.
  const members = [voter('a', 0, 1, 1, 1, 0), voter('b', 1, 0, 0, 0, 1)]
  const labels = Int32Array.of(0, 0, 0, 0)
  const { predicted } = dynamicSelection(members, x, [0, 1, 2, 3], labels, options)
  expect(predicted[0]).toBe(1)
  // Row 4 is no known row; row 0 is its nearest neighbour, on which a is right.
  expect(predicted[4]).toBe(0)
})

test('lowers neighbours to the known rows there are', () => {
  const members = [voter('a', 0, 0, 1, 1, 0), voter('b', 1, 1, 0, 0, 1)]
  const selection = dynamicSelection(members, x, [0, 1], Int32Array.of(0, 0), { ...options, neighbors: 7 })
  expect([...selection.predicted]).toEqual([0, 0, 1, 1, 0])
  expect(selection.meanSelected).toBe(1)
})
