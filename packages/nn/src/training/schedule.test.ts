import { expect, test } from 'vitest'
import { scheduleFactor, scheduleMomentum, startPlateau, updatePlateau } from './schedule.js'

test('warm-up rises to the full rate, then half a cosine falls to the floor', () => {
  const options = { kind: 'cosine', warmupEpochs: 2, floor: 0.1 } as const
  const factors = [0, 1, 2, 6, 10].map((epoch) => scheduleFactor(options, epoch, 10))
  for (const [i, expected] of [0, 0.5, 1, 0.55, 0.1].entries()) expect(factors[i]).toBeCloseTo(expected, 9)
})

test('steps cut every stepEpochs, down to the floor', () => {
  const options = { kind: 'step', stepEpochs: 3, factor: 0.5, floor: 0.2 } as const
  expect([0, 2.9, 3, 6, 9].map((epoch) => scheduleFactor(options, epoch, 10))).toEqual([1, 1, 0.5, 0.25, 0.2])
})

test('a plateau cuts after patience epochs without a better score, and counts anew', () => {
  const options = { kind: 'plateau', patience: 2, factor: 0.5, floor: 0.01 } as const
  const state = startPlateau()
  const scales = [0.5, 0.6, 0.6, 0.55, 0.55, 0.7, 0.7, 0.7].map((score) => {
    updatePlateau(state, options, score)
    return scheduleFactor(options, 1, 10, state)
  })
  expect(scales).toEqual([1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.25])
})

test('SimCLR’s published schedule: base 0.3 for 256 pictures, batch 512, 10 of 100 epochs warm-up, cosine to 0', () => {
  const rate = (0.3 * 512) / 256
  const options = { kind: 'cosine', warmupEpochs: 10, floor: 0 } as const
  for (const [epoch, expected] of [
    [0, 0],
    [5, 0.3],
    [10, 0.6],
    [55, 0.3],
    [100, 0],
  ] as const) {
    expect(rate * scheduleFactor(options, epoch, 100)).toBeCloseTo(expected, 12)
  }
})

// fastai's combined_cos(0.25, lr / 25, lr, lr / 1e5) and combined_cos(0.25, 0.95, 0.85, 0.95).
test('one cycle rises in a quarter from 1/25 and falls to 1/100,000; the momentum goes the other way', () => {
  const options = { kind: 'oneCycle' } as const
  for (const [position, rate, momentum] of [
    [0, 4e-5, 0.95],
    [0.125, 5.2e-4, 0.9],
    [0.25, 1e-3, 0.85],
    [0.625, 5.00005e-4, 0.9],
    [1, 1e-8, 0.95],
  ] as const) {
    expect(1e-3 * scheduleFactor(options, 8 * position, 8)).toBeCloseTo(rate, 12)
    expect(scheduleMomentum(options, 8 * position, 8)).toBeCloseTo(momentum, 12)
  }
})

test('other schedules leave the momentum to the optimizer', () => {
  for (const kind of ['none', 'cosine', 'plateau', 'step'] as const)
    expect(scheduleMomentum({ kind }, 1, 8)).toBeUndefined()
})
