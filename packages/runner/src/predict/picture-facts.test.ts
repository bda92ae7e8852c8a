import type { PixelImage } from '@etsef/plugin-api'
import { describe, expect, test } from 'vitest'
import { differences, factsOf, profileOf } from './picture-facts.js'

/** A picture whose channels are `value` and `value` times the colours. */
function picture(side: number, value: (at: number) => number, colours: readonly number[] = [1, 1, 1]): PixelImage {
  const data = Uint8Array.from({ length: side * side * 3 }, (_, at) => value(Math.floor(at / 3)) * colours[at % 3]!)
  return { dtype: 'uint8', shape: [side, side, 3], data }
}

const ramp = (at: number): number => (at * 7) % 200
const profile = profileOf([60, 64, 70].map((side) => factsOf(picture(side, ramp))))!

describe('differences from training pictures', () => {
  test('none of a picture like them', () => {
    expect(differences(factsOf(picture(66, ramp)), profile)).toEqual([])
  })
  test.each([
    ['colours', picture(64, ramp, [1, 0.5, 1]), /coloured/],
    ['a small one', picture(20, ramp), /half the size/],
    ['a large one', picture(200, ramp), /twice the size/],
    ['other greys', picture(64, () => 250), /greys unlike/],
  ])('%s', (_, image, expected) => {
    expect(differences(factsOf(image), profile).join()).toMatch(expected)
  })
  test('grey among coloured ones', () => {
    const coloured = profileOf([factsOf(picture(64, ramp, [1, 0.5, 0.2]))])!
    expect(differences(factsOf(picture(64, ramp)), coloured).join()).toMatch(/grey, where/)
  })
})

test('a 16-bit picture of the same greys is no other one', () => {
  const { data, shape } = picture(64, ramp)
  const wide = Uint16Array.from(data, (value) => value * 257)
  expect(differences(factsOf({ dtype: 'uint16', shape, data: wide }), profile)).toEqual([])
})

test('there is no profile of no pictures', () => {
  expect(profileOf([])).toBeUndefined()
})
