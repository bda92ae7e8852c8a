import { createRng } from '@etsef/plugin-api'
import { fc, test as prop } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { countCopies, drawAugmentation, planCopies, type AugmentationRanges } from './plan-copies.js'

const ranges: AugmentationRanges = {
  operations: ['rotate', 'flip', 'zoom', 'blur'],
  rotationDegrees: 15,
  zoom: [0.8, 1.2],
  blurSigma: [0.5, 2],
}
const sum = (counts: Int32Array, rows: (row: number) => boolean): number =>
  counts.reduce((total, count, row) => total + (rows(row) ? count : 0), 0)

describe('countCopies', () => {
  const labels = [0, 0, 0, 0, 0, 0, 1, 1, 2, 2]
  const train = labels.map((_, row) => row < 9)
  test('copies every training row so many times without balance', () => {
    expect([...countCopies(labels, train, { copies: 2, balance: false }, createRng(1))]).toEqual([
      2, 2, 2, 2, 2, 2, 2, 2, 2, 0,
    ])
  })
  test('brings every class to the size of the largest', () => {
    const counts = countCopies(labels, train, { copies: 1, balance: true }, createRng(1))
    expect([0, 1, 2].map((label) => sum(counts, (row) => labels[row] === label))).toEqual([6, 10, 11])
    expect(Math.abs(counts[6]! - counts[7]!)).toBeLessThanOrEqual(1)
    expect(counts[9]).toBe(0)
  })
  test('only fills up with copies 0', () => {
    const counts = countCopies(labels, train, { copies: 0, balance: true }, createRng(1))
    expect([0, 1, 2].map((label) => sum(counts, (row) => labels[row] === label))).toEqual([0, 4, 5])
  })
  test('makes nothing of nothing', () => {
    expect([...countCopies([0], [false], { copies: 3, balance: true }, createRng(1))]).toEqual([0])
  })
})

describe('planCopies', () => {
  test('names copies after their parent and draws by parent, not by position', () => {
    const copies = planCopies(['a', 'b'], [2, 1], ranges, 's')
    expect(copies.map(({ id, parent }) => [id, parent])).toEqual([
      ['a~1', 0],
      ['a~2', 0],
      ['b~1', 1],
    ])
    expect(planCopies(['b', 'a'], [1, 0], ranges, 's')[0]!.augmentation).toEqual(copies[2]!.augmentation)
    expect(planCopies(['b'], [1], ranges, 't')[0]!.augmentation).not.toEqual(copies[2]!.augmentation)
  })
  test('gives no id twice', () => {
    expect(planCopies(['a', 'a~1'], [1, 0], ranges, 's').map(({ id }) => id)).toEqual(['a~1~'])
  })
})

describe('drawAugmentation', () => {
  prop.prop([fc.uniqueArray(fc.constantFrom('rotate', 'flip', 'zoom', 'blur'), { minLength: 1 }), fc.integer()])(
    'stays in its ranges and does something',
    (operations, seed) => {
      const { rotationDegrees, isFlipped, zoom, blurSigma } = drawAugmentation(
        { ...ranges, operations },
        createRng(seed),
      )
      expect(Math.abs(rotationDegrees)).toBeLessThanOrEqual(operations.includes('rotate') ? 15 : 0)
      expect(isFlipped && !operations.includes('flip')).toBe(false)
      if (operations.includes('zoom')) expect(zoom >= 0.8 && zoom <= 1.2).toBe(true)
      else expect(zoom).toBe(1)
      if (!operations.includes('blur')) expect(blurSigma).toBe(0)
      else expect(blurSigma === 0 || (blurSigma >= 0.5 && blurSigma <= 2)).toBe(true)
      expect(rotationDegrees !== 0 || isFlipped || zoom !== 1 || blurSigma > 0).toBe(true)
    },
  )
  test('always flips when it can do nothing else', () => {
    for (let seed = 0; seed < 20; seed++)
      expect(drawAugmentation({ ...ranges, operations: ['flip'] }, createRng(seed)).isFlipped).toBe(true)
  })
})
