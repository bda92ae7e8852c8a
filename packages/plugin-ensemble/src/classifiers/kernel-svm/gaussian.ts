import { openKernels } from '../../numeric/kernels/kernels.js'
import type { Matrix } from '../../numeric/linear-algebra/matrix.js'
import { exponential } from './exponential.js'

/** Writes `exp(−gamma · squared distance)` of a row to every row of a table. */
export type Gaussian = (row: Float64Array, out: Float64Array) => void

/** Numbers in a table from which copying it into the kernels' memory pays. */
const large = 4096

/** The values of a table, by the SIMD kernel where it pays and can be had; the bits are the same. */
export function openGaussian(table: Matrix, gamma: number): Gaussian {
  const kernel = table.data.length < large ? undefined : gaussianByKernel(table, gamma)
  return kernel ?? plainGaussian(table, gamma)
}

/** {@link openGaussian} by the kernel; `undefined` where it cannot be had. */
export function gaussianByKernel(table: Matrix, gamma: number): Gaussian | undefined {
  const { numSamples, numFeatures: d, data } = table
  const n = 4 * Math.ceil(numSamples / 4)
  const width = 2 * Math.ceil(d / 2)
  const opened = openKernels(8 * (n * width + width + n))
  if (opened === undefined) return undefined
  const { exports, buffer } = opened
  const bank = new Float64Array(buffer, 0, n * width)
  for (let i = 0; i < numSamples; i++) bank.set(data.subarray(i * d, (i + 1) * d), i * width)
  const query = new Float64Array(buffer, bank.byteLength, width)
  const outAt = bank.byteLength + query.byteLength
  const values = new Float64Array(buffer, outAt, numSamples)
  return (row, out) => {
    query.set(row)
    exports.gaussian(0, bank.byteLength, outAt, n, width, gamma)
    for (let i = 0; i < numSamples; i++) out[i] = values[i]!
  }
}

/**
 * {@link openGaussian} in plain loops.
 *
 * By differences, so that equal rows give exactly 1 and a large offset of a column costs no digits; even and odd columns are added apart.
 */
export function plainGaussian({ numSamples, numFeatures: d, data }: Matrix, gamma: number): Gaussian {
  return (row, out) => {
    for (let i = 0, at = 0; i < numSamples; i++) {
      let [even, odd] = [0, 0]
      for (let j = 0; j < d; j++, at++) {
        const difference = row[j]! - data[at]!
        if (j % 2 === 0) even += difference * difference
        else odd += difference * difference
      }
      out[i] = exponential(Math.max((even + odd) * -gamma, -708))
    }
  }
}
