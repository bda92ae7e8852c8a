import { fc, test as property } from '@fast-check/vitest'
import { expect } from 'vitest'
import { extendPath, readPath, type PixelPath } from './pixel-path.js'

const operations = fc.array(
  fc.record({
    choice: fc.option(fc.nat(5), { nil: undefined }),
    parameters: fc.option(fc.oneof(fc.constant(null), fc.integer(), fc.constant({ turn: 90 })), { nil: undefined }),
  }),
)

property.prop([operations])('what operations add one after the other is read in the opposite order', (added) => {
  const path = added.reduce<PixelPath>(extendPath, [])
  let { length } = path
  for (const { choice, parameters } of added.toReversed()) {
    const read = readPath(path, length, { choice: choice !== undefined, loadPixels: parameters !== undefined })
    expect(read.choice).toBe(choice ?? 0)
    expect(read.parameters).toEqual(parameters ?? null)
    length = read.length
  }
  expect(length).toBe(0)
})
