import { expect, test } from 'vitest'
import { type Preprocessing, preprocess, unpreprocess } from './preprocess.js'

// One pixel (255, 128, 0): Keras 3.15 `preprocess_input` and torchvision 0.28 `Normalize`.
const goldens: readonly (readonly [Preprocessing, readonly number[]])[] = [
  ['tf', [1, 0.0039215686, -1]],
  ['torch', [2.2489082969, 0.2051820728, -1.8044444444]],
  ['caffe', [-103.939, 11.221, 131.32]],
  ['identity', [255, 128, 0]],
  [{ scale: 1 / 128, mean: [1, 1, 1], std: [1, 1, 1] }, [0.9921875, 0, -1]],
]

test.each(goldens)('maps one pixel by contract %j', (contract, expected) => {
  const pixel = Uint8Array.of(255, 128, 0)
  const output = preprocess(pixel, contract)
  expected.forEach((value, c) => expect(output[c]).toBeCloseTo(value, 4))
  expect([...pixel]).toEqual([255, 128, 0])
  unpreprocess(output, contract).forEach((value, c) => expect(value).toBeCloseTo(pixel[c]!, 3))
})

test.each(goldens)('gives the same where the pictures were: contract %j', (contract) => {
  const pixels = Float32Array.of(255, 128, 0, 10, 20, 30)
  const expected = preprocess(pixels, contract)
  expect(preprocess(pixels, contract, pixels)).toEqual(expected)
})

test('refuses lengths that are not RGB', () => {
  expect(() => preprocess(new Uint8Array(4), 'tf')).toThrow('expected RGB pixels')
})
