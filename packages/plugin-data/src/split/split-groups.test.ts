import { fc, test as prop } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { splitGroups, type SplitArguments } from './split-groups.js'

const sixTwoTwo = { train: 0.6, val: 0.2, test: 0.2 }
const partitionNames = ['train', 'val', 'test'] as const

function count(partitions: readonly string[], labels: ArrayLike<number>, partition: string, label: number): number {
  return partitions.filter((other, row) => other === partition && labels[row] === label).length
}
const single = (labels: readonly number[], more: Partial<SplitArguments> = {}): SplitArguments => ({
  labels,
  groups: labels.map((_, i) => `g${String(i)}`),
  classNames: ['a', 'b', 'c'].slice(0, Math.max(...labels) + 1),
  fractions: sixTwoTwo,
  seed: 1,
  ...more,
})

describe('splitGroups', () => {
  test('stratifies exactly when counts allow', () => {
    const labels = Array.from({ length: 60 }, (_, i) => (i < 40 ? 0 : 1))
    const partitions = splitGroups(single(labels))
    expect(partitionNames.map((p) => [count(partitions, labels, p, 0), count(partitions, labels, p, 1)])).toEqual([
      [24, 12],
      [8, 4],
      [8, 4],
    ])
  })
  test('does not depend on the order of rows, but on the seed', () => {
    const labels = Array.from({ length: 60 }, (_, i) => i % 2)
    const args = single(labels)
    const forward = splitGroups(args)
    const backward = splitGroups({ ...args, labels: [...labels].reverse(), groups: [...args.groups].reverse() })
    expect([...backward].reverse()).toEqual(forward)
    expect(splitGroups({ ...args, seed: 2 })).not.toEqual(forward)
  })
  test('uses two partitions when test is 0', () => {
    const partitions = splitGroups(single([0, 0, 1, 1], { fractions: { train: 0.5, val: 0.5, test: 0 } }))
    expect(new Set(partitions)).toEqual(new Set(['train', 'val']))
  })
  test('refuses a class with fewer groups than partitions, with counts', () => {
    const labels = [0, 0, 0, 0, 1, 1, 1]
    const groups = ['p1', 'p2', 'p3', 'p4', 'q1', 'q1', 'q2']
    expect(() =>
      splitGroups({ labels, groups, classNames: ['mild', 'moderate'], fractions: sixTwoTwo, seed: 1 }),
    ).toThrow(
      expect.objectContaining({
        code: 'ERR_IMPOSSIBLE_SPLIT',
        message: 'Class "moderate" cannot be in every partition: it has 2 groups for 3 partitions',
        received: 'moderate: 3 rows in 2 groups',
      }),
    )
  })
  test('refuses a class that is not there at all', () => {
    expect(() => splitGroups(single([0, 0, 0], { classNames: ['a', 'b'] }))).toThrow(/"b".* it has 0 groups/)
  })
  test('refuses when classes only come together', () => {
    // a is in p1..p3, b in p1, p2 and q; every partition needs both, and q alone has no a: p1, p2 and p3 + q work; remove q and it does not.
    const args = { classNames: ['a', 'b'], fractions: sixTwoTwo, seed: 1 }
    const partitions = splitGroups({ ...args, labels: [0, 1, 0, 1, 0, 1], groups: ['p1', 'p1', 'p2', 'p2', 'p3', 'q'] })
    expect(partitions[4]).toBe(partitions[5])
  })
  test('refuses fractions that do not sum to 1', () => {
    expect(() => splitGroups(single([0], { fractions: { train: 0.6, val: 0.2, test: 0.3 } }))).toThrow(
      expect.objectContaining({ code: 'ERR_BAD_OPTION' }),
    )
  })
  test('splits 200 groups of 32 rows near the fractions', () => {
    const labels: number[] = []
    const groups: string[] = []
    for (let g = 0; g < 128; g++)
      for (let i = 0; i < 32; i++) {
        labels.push(g < 28 ? 0 : g < 78 ? 1 : 2)
        groups.push(`s${String(g)}`)
      }
    const partitions = splitGroups({ labels, groups, classNames: ['a', 'b', 'c'], fractions: sixTwoTwo, seed: 3 })
    for (const [label, total] of [
      [0, 28 * 32],
      [1, 50 * 32],
      [2, 50 * 32],
    ] as const) {
      for (const p of partitionNames)
        expect(Math.abs(count(partitions, labels, p, label) - total * sixTwoTwo[p])).toBeLessThanOrEqual(32)
    }
  })
  prop.prop(
    [
      fc.array(fc.record({ label: fc.integer({ min: 0, max: 2 }), size: fc.integer({ min: 1, max: 4 }) }), {
        minLength: 9,
        maxLength: 60,
      }),
      fc.integer({ min: 0, max: 99 }),
    ],
    { numRuns: 60 },
  )('keeps groups whole, every class in every partition, counts within the largest group', (drawn, seed) => {
    const units = [...drawn, ...[0, 1, 2].flatMap((label) => Array.from({ length: 3 }, () => ({ label, size: 1 })))]
    const labels = units.flatMap(({ label, size }) => Array.from({ length: size }, () => label))
    const groups = units.flatMap(({ size }, g) => Array.from({ length: size }, () => `g${String(g)}`))
    const partitions = splitGroups({ labels, groups, classNames: ['a', 'b', 'c'], fractions: sixTwoTwo, seed })
    const ofGroup = new Map<string, string>()
    partitions.forEach((p, row) => {
      expect(ofGroup.get(groups[row]!) ?? p).toBe(p)
      ofGroup.set(groups[row]!, p)
    })
    for (const label of [0, 1, 2]) {
      const total = labels.filter((other) => other === label).length
      for (const p of partitionNames) {
        const n = count(partitions, labels, p, label)
        expect(n).toBeGreaterThan(0)
        expect(Math.abs(n - total * sixTwoTwo[p])).toBeLessThanOrEqual(4)
      }
    }
  })
})
