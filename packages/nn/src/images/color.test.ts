import { createRng } from '@etsef/plugin-api'
import { expect, test } from 'vitest'
import { changeColourPlain, changeColours, type ChangeOfColour } from './color.js'

const changes: readonly ChangeOfColour[] = [
  ...[-0.5, -0.2, 0, 0.07, 0.5].map((amount) => ({ change: 'hue', amount }) as const),
  ...(['brightness', 'contrast', 'saturation'] as const).flatMap((change) =>
    [0, 0.3, 1, 1.7].map((amount) => ({ change, amount })),
  ),
]
test.each([1, 2, 7, 1001])('the kernels change %d pixels as the plain loops do, to the bit', (numPixels) => {
  const rng = createRng('colour', numPixels)
  const pixels = Float32Array.from({ length: 3 * numPixels }, () => rng.uniform(0, 255))
  // Greys, two equal channels, and the ends of the range, too.
  for (let i = 0; i + 5 < pixels.length; i += 12) pixels.set([80, 80, 80, 255, 255, 0], i)
  for (const change of changes) {
    const expected = pixels.slice()
    changeColourPlain(expected, change)
    const changed = pixels.slice()
    changeColours(changed, [change])
    expect(changed, `${change.change} ${String(change.amount)}`).toEqual(expected)
  }
})
test('changes follow one another', () => {
  const pixels = Float32Array.of(10, 200, 90, 250, 3, 40)
  const expected = pixels.slice()
  for (const change of changes) changeColourPlain(expected, change)
  changeColours(pixels, changes)
  expect(pixels).toEqual(expected)
})
