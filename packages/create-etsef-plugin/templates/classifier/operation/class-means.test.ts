import { expect, test } from 'vitest'
import { classMeans, probabilitiesByDistance } from './class-means.js'

test('means by hand', () => {
  const means = classMeans(Float32Array.of(1, 10, 3, 20, 7, 0), Int32Array.of(0, 0, 1), {
    numClasses: 2,
    numFeatures: 2,
  })
  expect([...means]).toEqual([2, 15, 7, 0])
})

test('a row between two means is as likely of either, and nearer is likelier', () => {
  const means = Float64Array.of(0, 2)
  expect(probabilitiesByDistance(Float32Array.of(1), means, 1)).toEqual([0.5, 0.5])
  expect(probabilitiesByDistance(Float32Array.of(0), means, 1)[0]).toBeCloseTo(1 / (1 + Math.exp(-4)), 12)
})

test('a class without rows is never predicted', () => {
  expect(probabilitiesByDistance(Float32Array.of(1), Float64Array.of(0, NaN), 1)).toEqual([1, 0])
})
