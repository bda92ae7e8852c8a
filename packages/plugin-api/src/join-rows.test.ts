import { fc, test as propertyTest } from '@fast-check/vitest'
import { expect, test } from 'vitest'
import { joinRows } from './join-rows.js'

const names = { left: 'tl.features', right: 'ssl.features' }

test('finds rows by id whatever their order', () => {
  expect([...joinRows({ ids: ['a', 'b', 'c'] }, { ids: ['c', 'a', 'b'] }, names)]).toEqual([1, 2, 0])
})

test('names the id that one side lacks, and the side', () => {
  expect(() => joinRows({ ids: ['a', 'b'] }, { ids: ['a'] }, names)).toThrow(
    '"b" of tl.features is missing in ssl.features',
  )
  expect(() => joinRows({ ids: ['a'] }, { ids: ['a', 'b'] }, names)).toThrow(
    '"b" of ssl.features is missing in tl.features',
  )
})

test('names a doubled id', () => {
  expect(() => joinRows({ ids: ['a', 'a'] }, { ids: ['a'] }, names)).toThrow('"a" stands twice in tl.features')
})

propertyTest.prop([fc.uniqueArray(fc.string()), fc.nat()])(
  'gives back the left order for any permutation',
  (ids, seed) => {
    const right = [...ids].sort((a, b) => (a + String(seed) < b + String(seed) ? 1 : -1))
    expect([...joinRows({ ids }, { ids: right }, names)].map((at) => right[at])).toEqual(ids)
  },
)
