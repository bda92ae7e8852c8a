import { expect, test } from 'vitest'
import { architectures, buildArchitecture, estimateMemory, trainablePart } from '../index.js'
import { trainingCosts, trainingMemoryMb } from './training-memory.js'

const names = Object.keys(architectures)

test('knows every network', () => {
  expect(Object.keys(trainingCosts)).toEqual(names)
})

test.each(names)('a plan takes of %s what estimateMemory does', (name) => {
  const graph = buildArchitecture(name)
  const images = { numSamples: 0 }
  for (const freeze of ['none', 'stem', 'stage2']) {
    // As many as the frozen part is run on at a time.
    const batchSize = 32
    const learning = trainablePart(graph, freeze).nodes
    const { totalBytes } = estimateMemory(graph, { batchSize, training: true, learning })
    const planned = trainingMemoryMb({ batchSize, inputSize: null, freeze }, { init: { architecture: name, inputShape: graph.inputShape }, images }) // prettier-ignore
    expect(Math.abs(planned / (totalBytes / 2 ** 20) - 1), freeze).toBeLessThan(0.02)
  }
})

test('parts of a batch, a frozen backbone and smaller pictures take less', () => {
  const inputs = { init: { architecture: 'resnet50', inputShape: [224, 224, 3] }, images: { numSamples: 100 } }
  const whole = trainingMemoryMb({ batchSize: 16, inputSize: null }, inputs)
  expect(whole).toBeGreaterThan(2500)
  expect(trainingMemoryMb({ batchSize: 16, accumulate: 4, inputSize: null }, inputs)).toBeLessThan(0.5 * whole)
  expect(trainingMemoryMb({ batchSize: 16, inputSize: null, freeze: 'backbone' }, inputs)).toBeLessThan(0.5 * whole)
  expect(trainingMemoryMb({ batchSize: 16, inputSize: 96 }, inputs)).toBeLessThan(0.5 * whole)
})
