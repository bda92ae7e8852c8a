import { createRng } from '@etsef/plugin-api'
import { expect, test } from 'vitest'
import { shiftHue, turnHuePlain } from './color.js'

test.each([0, 1, 2, 7, 1001])(
  'the hue of %d pixels is turned by the kernel as by the plain loop, to the bit',
  (numPixels) => {
    const rng = createRng('hue', numPixels)
    const pixels = Float32Array.from({ length: 3 * numPixels }, () => rng.uniform(0, 255))
    // Greys, two equal channels, and the ends of the range, too.
    for (let i = 0; i + 5 < pixels.length; i += 12) pixels.set([80, 80, 80, 255, 255, 0], i)
    for (const turns of [-0.5, -0.2, 0, 0.07, 0.5]) {
      const expected = pixels.slice()
      turnHuePlain(expected, turns)
      const turned = pixels.slice()
      shiftHue(turned, turns)
      expect(turned).toEqual(expected)
    }
  },
)
