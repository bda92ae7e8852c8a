import { fc, test as propertyTest } from '@fast-check/vitest'
import { expect, test } from 'vitest'
import { createRng } from './rng.js'

test('gives the same sequence for the same seed and labels, and another for others', () => {
  const draw = (...labels: string[]): number[] => {
    const rng = createRng(42, ...labels)
    return Array.from({ length: 5 }, () => rng.next())
  }
  expect(draw('a')).toEqual(draw('a'))
  expect(draw('a')).not.toEqual(draw('b'))
})

test('keeps its sequence when a fork is drawn from', () => {
  const [plain, forked] = [createRng(1), createRng(1)]
  forked.fork('other').next()
  expect(forked.next()).toBe(plain.next())
})

test('is uniform in [0, 1) and normal with mean 0 and variance 1', () => {
  const rng = createRng('moments')
  const n = 20_000
  const uniform = Array.from({ length: n }, () => rng.next())
  const normal = Array.from({ length: n }, () => rng.normal())
  const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / n
  expect(Math.min(...uniform)).toBeGreaterThanOrEqual(0)
  expect(Math.max(...uniform)).toBeLessThan(1)
  expect(mean(uniform)).toBeCloseTo(0.5, 1)
  expect(mean(normal)).toBeCloseTo(0, 1)
  expect(mean(normal.map((value) => value * value))).toBeCloseTo(1, 1)
})

propertyTest.prop([fc.array(fc.integer()), fc.integer()])('shuffles to a permutation', (items, seed) => {
  const ascending = (a: number, b: number): number => a - b
  expect(createRng(seed).shuffle(items).sort(ascending)).toEqual([...items].sort(ascending))
})
