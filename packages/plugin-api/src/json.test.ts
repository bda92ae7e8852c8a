import { fc, test as propertyTest } from '@fast-check/vitest'
import { expect, test } from 'vitest'
import { canonicalJson } from './json.js'

test('sorts keys at every depth and drops undefined', () => {
  expect(canonicalJson({ b: [{ d: 1, c: 2 }], a: undefined, A: null })).toBe('{"A":null,"b":[{"c":2,"d":1}]}')
})

test('refuses what JSON cannot hold', () => {
  expect(() => canonicalJson({ a: Number.NaN })).toThrow(TypeError)
  expect(() => canonicalJson(() => 1)).toThrow(TypeError)
})

propertyTest.prop([fc.dictionary(fc.string(), fc.jsonValue())])('is equal for any key order', (object) => {
  expect(canonicalJson(Object.fromEntries(Object.entries(object).reverse()))).toBe(canonicalJson(object))
})
