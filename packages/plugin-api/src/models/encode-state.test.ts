import { expect, test } from 'vitest'
import { decodeState, encodeState } from './encode-state.js'

test('gives back numbers, text, lists and arrays bit for bit', () => {
  const state = {
    kind: 'x', n: 3, nan: NaN, low: -Infinity, zero: -0, flags: [true, null], nested: { a: Float64Array.of(1 / 3, NaN) },
    bytes: Uint8Array.of(1, 2, 3), ints: Int32Array.of(-1, 5), floats: Float32Array.of(0.1),
  } // prettier-ignore
  expect(decodeState(encodeState(state))).toEqual(state)
})

test('equal states give equal text and bytes', () => {
  const state = (): unknown => ({ a: Float64Array.of(1, 2), b: Uint8Array.of(7) })
  expect(encodeState(state())).toEqual(encodeState(state()))
})

test('refuses functions, broken text and arrays outside the bytes', () => {
  expect(() => encodeState({ f: () => 1 })).toThrow(TypeError)
  const corrupt = expect.objectContaining({ code: 'ERR_CORRUPT_ARTIFACT' })
  expect(() => decodeState({ json: '{', bytes: new Uint8Array() })).toThrow(corrupt)
  const { json, bytes } = encodeState({ a: Float64Array.of(1, 2) })
  expect(() => decodeState({ json, bytes: bytes.subarray(0, 8) })).toThrow(corrupt)
})
