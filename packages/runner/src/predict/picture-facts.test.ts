import type { PixelImage } from '@etsef/plugin-api'
import { describe, expect, test } from 'vitest'
import { differences, factsOf, isNearDuplicate, profileOf } from './picture-facts.js'

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

describe('near-duplicates of training pictures', () => {
  /** Some smooth pattern of a number, brighter or darker, in any size. */
  const pattern = (seed: number, side: number, change = (value: number): number => value): PixelImage => {
    const wave = (at: number): number => {
      const [x, y] = [(at % side) / side, Math.floor(at / side) / side]
      return 100 + 50 * Math.sin(seed * 7 * x + 5 * y * y + seed) + 40 * Math.cos(seed * 3 * y - 9 * x * y)
    }
    return picture(side, (at) => change(wave(at)))
  }
  const trained = profileOf([1, 2, 3, 4].map((seed) => factsOf(pattern(seed, 96))))!

  test.each([
    ['in another size', pattern(2, 150)],
    ['darker', pattern(2, 96, (value) => value * 0.8)],
    ['with coding noise', pattern(2, 96, (value) => value + ((value * 1e4) % 3) - 1)],
  ])('the same picture %s is found', (_, image) => {
    expect(isNearDuplicate(factsOf(image), trained)).toBe(true)
  })
  test.each([
    ['another picture', pattern(5, 96)],
    ['one mirrored top to bottom', pattern(-2, 96)],
    ['one of one grey', picture(96, () => 90)],
  ])('%s is not', (_, image) => {
    expect(isNearDuplicate(factsOf(image), trained)).toBe(false)
  })
  test('nor is one grey where one grey was learned from', () => {
    expect(isNearDuplicate(factsOf(picture(64, () => 9)), profileOf([factsOf(picture(64, () => 90))])!)).toBe(false)
  })
})
