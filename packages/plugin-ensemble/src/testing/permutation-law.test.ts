import { permutationTest } from '@etsef/distributions'
import { createRng } from '@etsef/plugin-api'
import { describe, expect, test } from 'vitest'

/** Deals by a seeded generator. */
const drawn = (deals: number, seed: number) => {
  const rng = createRng(seed, 'permutation-test')
  return { deals, shuffle: (labels: readonly number[]) => rng.shuffle(labels) }
}

describe('permutationTest', () => {
  const ids = (n: number): string[] => Array.from({ length: n }, (_, i) => String(i))

  test('all right of 8: two-sided p near 2 / C(8, 4)', () => {
    const labels = [0, 0, 0, 0, 1, 1, 1, 1]
    const { balancedAccuracy, p } = permutationTest(
      { labels, predicted: labels, units: ids(8), numClasses: 2 },
      drawn(19_999, 1),
    )
    expect(balancedAccuracy).toBe(1)
    expect(Math.abs(p - 2 / 70)).toBeLessThan(0.005)
  })
  test('all wrong is as far from chance', () => {
    const labels = [0, 0, 0, 0, 1, 1, 1, 1]
    const predicted = labels.map((label) => 1 - label)
    const { p } = permutationTest({ labels, predicted, units: ids(8), numClasses: 2 }, drawn(19_999, 1))
    expect(Math.abs(p - 2 / 70)).toBeLessThan(0.005)
  })
  test('one class predicted for all says nothing', () => {
    const result = permutationTest(
      { labels: [0, 1, 2], predicted: [1, 1, 1], units: ids(3), numClasses: 3 },
      drawn(99, 1),
    )
    expect(result).toEqual({ balancedAccuracy: 1 / 3, p: 1 })
  })
  test('no answer is right for no label, observed or dealt', () => {
    const result = permutationTest({ labels: [0, 1], predicted: [-1, -1], units: ids(2), numClasses: 2 }, drawn(99, 1))
    expect(result).toEqual({ balancedAccuracy: 0, p: 1 })
  })
  test('copies of a row are no further evidence', () => {
    const labels = [0, 0, 0, 0, 1, 1, 1, 1]
    const units = ['a', 'a', 'a', 'a', 'b', 'b', 'b', 'b']
    expect(permutationTest({ labels, predicted: labels, units, numClasses: 2 }, drawn(999, 1)).p).toBeGreaterThan(0.9)
  })
  test('p ≤ 0.05 in at most 5 % of random guesses, and not far fewer', () => {
    const rng = createRng(1, 'guesses')
    let numSmall = 0
    for (let trial = 0; trial < 2000; trial++) {
      const labels = Array.from({ length: 60 }, () => rng.integer(3))
      const predicted = labels.map(() => rng.integer(3))
      if (permutationTest({ labels, predicted, units: ids(60), numClasses: 3 }, drawn(199, trial)).p <= 0.05) numSmall++
    }
    expect(numSmall / 2000).toBeLessThan(0.06)
    expect(numSmall / 2000).toBeGreaterThan(0.025)
  })
})
