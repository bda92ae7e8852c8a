import { expect, test } from 'vitest'
import { contestants, figureOf, rungsOf, survivors, type Standing } from './prune.js'
import type { PruneDeclaration } from './read-prune.js'

const place = { file: 'sweep.yaml', line: 1, column: 1 }
const prune = (more: Partial<PruneDeclaration> = {}): PruneDeclaration => ({
  ...{ place, rule: 'median', metric: undefined, after: 3, goal: 'max' },
  ...more,
})
const standing = (means: Readonly<Record<string, number | undefined>>): readonly Standing[] =>
  Object.entries(means).map(([name, mean]) => ({ contestant: { name, trials: [] }, mean }))
const left = (declared: PruneDeclaration, running: readonly Standing[], gone: readonly Standing[] = []) =>
  survivors(declared, running, gone).map(({ name }) => name)

test('trials that differ in their repeats alone are one contestant', () => {
  const trial = (id: string, k: string) => ({ id, settings: [], factors: { k }, repeat: {}, isAblated: false })
  expect(contestants([trial('1', 'a'), trial('2', 'b'), trial('3', 'a')])).toEqual([
    { name: 'k=a', trials: ['1', '3'] },
    { name: 'k=b', trials: ['2'] },
  ])
})

test('the median rule looks after every repeat, halving after twice as many each time', () => {
  expect(rungsOf(prune(), 6)).toEqual([3, 4, 5, 6])
  expect(rungsOf(prune({ rule: 'halving', after: 1 }), 10)).toEqual([1, 2, 4, 8, 10])
  expect(rungsOf(prune({ after: 9 }), 6)).toEqual([6])
})

test('below the median of all is given up, and what was given up still counts', () => {
  const first = standing({ a: 0.9, b: 0.8, c: 0.7, d: 0.6 })
  expect(left(prune(), first)).toEqual(['a', 'b'])
  // The two that are left are not halved again: 0.81 is above the median of all four.
  expect(left(prune(), standing({ a: 0.92, b: 0.81 }), standing({ c: 0.7, d: 0.6 }))).toEqual(['a', 'b'])
  expect(left(prune({ goal: 'min' }), first)).toEqual(['c', 'd'])
})

test('halving keeps the better half, and nobody is judged without a figure', () => {
  const halving = prune({ rule: 'halving' })
  expect(left(halving, standing({ a: 0.9, b: 0.95, c: 0.7, d: undefined }))).toEqual(['a', 'b', 'd'])
  expect(left(prune(), standing({ a: 0.9, b: undefined, c: 0.7 }))).toEqual(['a', 'b'])
})

test('the figure must be one', () => {
  const metrics = { 'scores.vote.accuracy': 1, 'scores.svm.accuracy': 1, 'scores.kappa': 1 }
  expect(figureOf({ metrics }, 'kappa', place)).toBe('scores.kappa')
  expect(() => figureOf({ metrics }, 'accuracy', place)).toThrow('is 2 figures of a trial')
  expect(() => figureOf({ metrics }, 'auc', place)).toThrow('is no figure of a trial')
})
