import { createRng } from '@etsef/plugin-api'
import { rowComponents } from '@etsef/plugin-api/semantics'
import { fc, test as propertyTest } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { groupedFolds, takeShare, type Fold } from './grouped-folds.js'

const someTable = fc
  .record({
    seed: fc.integer(),
    numSamples: fc.integer({ min: 20, max: 80 }),
    numGroups: fc.integer({ min: 12, max: 60 }),
    numClasses: fc.integer({ min: 2, max: 4 }),
    numFolds: fc.integer({ min: 2, max: 5 }),
  })
  .map(({ seed, numSamples, numGroups, numClasses, numFolds }) => {
    const rng = createRng(seed)
    const groups = Array.from({ length: numSamples }, () => `g${String(rng.integer(numGroups))}`)
    const labels = Int32Array.from({ length: numSamples }, () => rng.integer(numClasses))
    return { groups, y: { labels, numClasses }, numFolds, seed }
  })

function attempt(run: () => Fold[]): Fold[] | undefined {
  try {
    return run()
  } catch {
    return undefined
  }
}

function counts(labels: Int32Array, rows: Int32Array, numClasses: number): number[] {
  const result = new Array<number>(numClasses).fill(0)
  for (const row of rows) result[labels[row]!]!++
  return result
}

describe('groupedFolds', () => {
  propertyTest.prop([someTable])('hold every row once, share no group and leave no fold empty', (table) => {
    const { groups, y, numFolds, seed } = table
    const components = rowComponents(
      groups,
      groups.map(() => ''),
    )
    // A draw with too few groups, or a class in one fold only, is refused; that is tested below.
    const folds = attempt(() => groupedFolds(y, components, numFolds, createRng(seed)))
    if (!folds) return
    const held = folds.flatMap((fold) => [...fold.held])
    expect(held.toSorted((a, b) => a - b)).toEqual([...groups.keys()])
    for (const fold of folds) {
      expect(fold.held.length).toBeGreaterThan(0)
      expect(fold.train.length + fold.held.length).toBe(groups.length)
      const inTrain = new Set(Array.from(fold.train, (row) => groups[row]))
      expect([...fold.held].filter((row) => inTrain.has(groups[row]))).toEqual([])
    }
  })
  propertyTest.prop([someTable])('differ by at most one row of a class when every row is its own group', (table) => {
    const { y, numFolds, seed } = table
    const components = Int32Array.from(y.labels.keys())
    const folds = attempt(() => groupedFolds(y, components, numFolds, createRng(seed)))
    if (!folds) return
    const perFold = folds.map(({ held }) => counts(y.labels, held, y.numClasses))
    for (let k = 0; k < y.numClasses; k++) {
      const column = perFold.map((row) => row[k]!)
      expect(Math.max(...column) - Math.min(...column)).toBeLessThanOrEqual(1)
    }
  })
  propertyTest.prop([someTable])('are the same for the same seed', ({ y, seed }) => {
    const components = Int32Array.from(y.labels.keys())
    const once = attempt(() => groupedFolds(y, components, 3, createRng(seed)))
    const twice = attempt(() => groupedFolds(y, components, 3, createRng(seed)))
    expect(twice).toEqual(once)
  })
  test('keep classes near their shares with patients of many images', () => {
    const rng = createRng(5)
    const patients = Array.from({ length: 60 }, (_, p) => ({
      name: `p${String(p)}`,
      label: p % 3,
      size: 1 + rng.integer(9),
    }))
    const rows = patients.flatMap(({ name, label, size }) => Array.from({ length: size }, () => ({ name, label })))
    const labels = Int32Array.from(rows, ({ label }) => label)
    const components = rowComponents(
      rows.map(({ name }) => name),
      rows.map(() => ''),
    )
    const folds = groupedFolds({ labels, numClasses: 3 }, components, 5, createRng(1))
    const all = counts(labels, Int32Array.from(labels.keys()), 3)
    for (const { held } of folds) {
      counts(labels, held, 3).forEach((count, k) => expect(count / (all[k]! / 5)).toBeGreaterThan(0.75))
      counts(labels, held, 3).forEach((count, k) => expect(count / (all[k]! / 5)).toBeLessThan(1.25))
    }
  })
  test('are of nearly equal size where class counts leave a choice', () => {
    // 7 rows of each class in 5 folds: the two folds with 2 of a class should differ from class to class.
    const labels = Int32Array.from({ length: 28 }, (_, i) => i % 4)
    for (const seed of [1, 2, 3, 4, 5]) {
      const folds = groupedFolds({ labels, numClasses: 4 }, Int32Array.from(labels.keys()), 5, createRng(seed))
      const sizes = folds.map(({ held }) => held.length)
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(2)
    }
  })
  test('refuses more folds than groups', () => {
    const y = { labels: Int32Array.of(0, 1, 0, 1), numClasses: 2 }
    expect(() => groupedFolds(y, Int32Array.of(0, 0, 1, 1), 3, createRng(1))).toThrow('3 folds need 3 groups')
  })
  test('refuses a fold that would train on one class', () => {
    const y = { labels: Int32Array.of(0, 0, 0, 1), numClasses: 2 }
    expect(() => groupedFolds(y, Int32Array.of(0, 1, 2, 3), 2, createRng(1))).toThrow('one class only')
  })
})

describe('takeShare', () => {
  propertyTest.prop([someTable, fc.double({ min: 0.05, max: 0.99, noNaN: true })])(
    'takes whole groups and every class, and about the share that was asked for',
    ({ groups, y, seed }, share) => {
      const components = rowComponents(
        groups,
        groups.map(() => ''),
      )
      const rows = Int32Array.from(groups.keys()).filter((row) => row % 4 !== 0)
      const taken = takeShare(rows, y, components, share, createRng(seed))
      expect(new Set([...taken, ...rows]).size).toBe(rows.length)
      expect(taken.length).toBeGreaterThanOrEqual(share * rows.length - 1e-9)
      const chosen = new Set(Array.from(taken, (row) => groups[row]))
      expect([...rows].filter((row) => chosen.has(groups[row]))).toEqual([...taken])
      const classes = (list: Int32Array): number[] => [...new Set(Array.from(list, (row) => y.labels[row]!))].sort()
      expect(classes(taken)).toEqual(classes(rows))
    },
  )
  test('gives all rows for a share of 1', () => {
    const rows = Int32Array.of(2, 0, 1)
    const y = { labels: Int32Array.of(0, 1, 0), numClasses: 2 }
    expect(takeShare(rows, y, Int32Array.of(0, 1, 2), 1, createRng(1))).toBe(rows)
  })
})
