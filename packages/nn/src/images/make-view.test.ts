import { createRng, type PixelImage } from '@etsef/plugin-api'
import { expect, test } from 'vitest'
import { applyView } from './apply-view.js'
import { drawView } from './draw-view.js'
import { makeView } from './make-view.js'
import { viewPresets } from './view-options.js'

const pixels = Uint8Array.from({ length: 100 + 90 * 70 * 3 }, (_, i) => (i * 7919) % 256)
const image: PixelImage = { dtype: 'uint8', shape: [90, 70, 3], data: pixels.subarray(100) }

test.for([32, 96])('a view of side %s is the same bytes in a thread, whatever runs beside it', async (side) => {
  const views = Array.from({ length: 12 }, (_, i) => drawView(90, 70, viewPresets.endoscopy, createRng(i)))
  const made = await Promise.all(views.map((view) => makeView(image, side, view)))
  for (const [i, view] of views.entries()) {
    const expected = new Float32Array(side * side * 3)
    applyView(image, side, view, expected)
    expect(made[i]).toEqual(expected)
  }
})

test('a picture that cannot be read rejects, and the next view is made', async () => {
  const odd: PixelImage = { dtype: 'uint8', shape: [8, 8, 5], data: new Uint8Array(320) }
  const view = drawView(8, 8, viewPresets.light, createRng(1))
  await expect(makeView(odd, 96, view)).rejects.toThrow(/cannot be read as RGB/)
  expect((await makeView(image, 96, drawView(90, 70, viewPresets.light, createRng(1)))).length).toBe(96 * 96 * 3)
})
