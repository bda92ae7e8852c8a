import { expect } from 'vitest'

/** A tensor as plain data. */
export interface PlainTensor {
  readonly dtype?: string
  readonly shape: readonly number[]
  readonly data: ArrayLike<number>
}

/**
 * Asserts equal dtype and shape, then every element within `atol + rtol * |expected|`; the failure names the worst element.
 */
export function expectTensorClose(
  actual: PlainTensor,
  expected: PlainTensor,
  tolerance: { readonly atol?: number; readonly rtol?: number } = {},
): void {
  const { atol = 0, rtol = 1e-5 } = tolerance
  if (actual.dtype !== undefined && expected.dtype !== undefined) expect(actual.dtype).toBe(expected.dtype)
  expect([...actual.shape]).toEqual([...expected.shape])
  expectArrayClose(actual.data, expected.data, { atol, rtol })
}

/** Asserts equal length, then every element within `atol + rtol * |expected|`; NaN equals NaN. */
export function expectArrayClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: { readonly atol?: number; readonly rtol?: number } = {},
): void {
  const { atol = 0, rtol = 1e-9 } = tolerance
  expect(actual.length).toBe(expected.length)
  let [worst, at] = [0, -1]
  for (let i = 0; i < expected.length; i++) {
    const [a, e] = [actual[i]!, expected[i]!]
    if (Number.isNaN(a) && Number.isNaN(e)) continue
    const excess = Math.abs(a - e) / (atol + rtol * Math.abs(e) || Number.MIN_VALUE)
    if (!(excess <= worst)) [worst, at] = [excess, i]
  }
  if (!(worst <= 1)) {
    expect.fail(
      `element ${String(at)}: ${String(actual[at])} is not close to ${String(expected[at])} (atol ${String(atol)}, rtol ${String(rtol)})`,
    )
  }
}
