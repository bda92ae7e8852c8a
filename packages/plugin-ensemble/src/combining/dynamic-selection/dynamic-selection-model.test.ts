import { expect, test } from 'vitest'
import { fromRows, matrix, takeRows } from '../../numeric/linear-algebra/matrix.js'
import { correctness, memberOf, takeMemberRows, type Member } from '../members/member.js'
import { dynamicSelector, type DynamicSelection } from './dynamic-selection-model.js'

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
/** Votes on all rows; the first ones have known labels. */
function select(members: readonly Member[], labels: Int32Array, neighbors: number): DynamicSelection {
  const known = Array.from(labels.keys())
  const oracles = { x: takeRows(x, known), correct: correctness(takeMemberRows(members, known), labels) }
  const own = Array.from({ length: x.numSamples }, (_, i) => (i < labels.length ? i : -1))
  return dynamicSelector(oracles, { rule: 'eliminate', neighbors, metric: 'l2' })(members, x, own)
}

test('a row with a known label is not its own neighbour', () => {
  // Member a is right on row 0 only, b on the rows around it: row 0 must not vouch for a.
  const members = [voter('a', 0, 1, 1, 1, 0), voter('b', 1, 0, 0, 0, 1)]
  const labels = Int32Array.of(0, 0, 0, 0)
  const { predicted } = select(members, labels, 2)
  expect(predicted[0]).toBe(1)
  // Row 4 is no known row; row 0 is its nearest neighbour, on which a is right.
  expect(predicted[4]).toBe(0)
})

test('lowers neighbours to the known rows there are', () => {
  const members = [voter('a', 0, 0, 1, 1, 0), voter('b', 1, 1, 0, 0, 1)]
  const selection = select(members, Int32Array.of(0, 0), 7)
  expect([...selection.predicted]).toEqual([0, 0, 1, 1, 0])
  expect(selection.numSelected).toBe(x.numSamples)
})
