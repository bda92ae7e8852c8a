/** Adding and taking off this number rounds to an integer, halves to even. */
const rounder = 1.5 * 2 ** 52

const bits = new DataView(new ArrayBuffer(8))

/**
 * exp of a number between −708 and 709, to 3e-16 of its size: the operations of the kernels' `exponential`, so that a number has the same
 * bits with and without them.
 */
export function exponential(x: number): number {
  const n = x * Math.LOG2E + rounder - rounder
  const r = x - n * 0.6931471803691238 - n * 1.9082149292705877e-10
  let e = 1 / 6227020800
  e = e * r + 1 / 479001600
  e = e * r + 1 / 39916800
  e = e * r + 1 / 3628800
  e = e * r + 1 / 362880
  e = e * r + 1 / 40320
  e = e * r + 1 / 5040
  e = e * r + 1 / 720
  e = e * r + 1 / 120
  e = e * r + 1 / 24
  e = e * r + 1 / 6
  e = e * r + 0.5
  e = e * r + 1
  e = e * r + 1
  bits.setInt32(0, (n + 1023) * 2 ** 20)
  return e * bits.getFloat64(0)
}
