import { describe, expect, test } from 'vitest'
import { loadEngine } from '../engine/load-engine.js'
import { testEngines } from '../engine/test-engines.js'
import { balancedClassWeights, softmaxCrossEntropy, type CrossEntropyOptions } from './losses.js'

// Peer: torch 2.13.
const LOGITS = [
  [2, 0, -1],
  [0.5, 1.5, 0],
]
describe.each(testEngines)('on %s', (name) => {
  const crossEntropy = async (options: CrossEntropyOptions) => {
    const { tf } = await loadEngine({ prefer: name })
    return tf.tidy(() => softmaxCrossEntropy(tf, tf.tensor2d(LOGITS), [0, 2], options).dataSync()[0]!)
  }

  test.for<[string, CrossEntropyOptions, number]>([
    ['plain', {}, 1.06710744],
    ['label smoothing 0.1', { labelSmoothing: 0.1 }, 1.11710739],
    ['class weights, divided by their sum', { classWeight: [1, 2, 3] }, 1.51573813],
    ['focal, gamma 2', { focalGamma: 2 }, 0.72808295],
  ])('cross-entropy is torch’s: %s', async ([, options, expected]) => {
    expect(await crossEntropy(options)).toBeCloseTo(expected, 5)
  })
})

test('balanced class weights are n / (K n_c)', () => {
  const labels = [...Array<number>(60).fill(0), ...Array<number>(30).fill(1), ...Array<number>(10).fill(2)]
  const weights = balancedClassWeights(labels, 3)
  expect(weights.map((weight) => Math.round(weight * 1e4) / 1e4)).toEqual([0.5556, 1.1111, 3.3333])
})
