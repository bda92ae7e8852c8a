import { matrix, type Matrix } from '../linear-algebra/matrix.js'
import type { Crew } from './crew.js'
import { createKernels, type Block } from './kernels.js'

/** Rows or columns of a product that make one part. */
const partSize = 64

/**
 * `xᵀ · x` for `[n, d]`, by the SIMD kernel: `[d, d]`, symmetric to the last bit.
 *
 * @returns `undefined` where the kernels cannot be had; see {@link createKernels}.
 */
export function gramByKernel(x: Matrix, crew?: Crew): Matrix | undefined {
  const { numSamples: n, numFeatures: d } = x
  const rows = 4 * Math.ceil(d / 4)
  const length = 2 * Math.ceil(n / 2)
  const kernels = createKernels(rows * length + rows * rows, crew)
  if (kernels === undefined) return undefined
  const transposed = kernels.allocate(rows * length)
  const products = kernels.allocate(rows * rows)
  transposeInto(x, transposed, length)
  kernels.runParts('gramPart', Math.ceil(rows / partSize), [transposed.at, products.at, rows, length, partSize])
  const result = matrix(d, d)
  for (let i = 0; i < d; i++) {
    for (let j = 0; j <= i; j++) {
      const value = products.data[i * rows + j]!
      result.data[i * d + j] = value
      result.data[j * d + i] = value
    }
  }
  return result
}

/**
 * `a · bᵀ` for `[m, d]` and `[n, d]`, by the SIMD kernel: `[m, n]`.
 *
 * @returns `undefined` where the kernels cannot be had; see {@link createKernels}.
 */
export function productsByKernel(a: Matrix, b: Matrix, crew?: Crew): Matrix | undefined {
  const { numSamples: m, numFeatures: d } = a
  const n = b.numSamples
  const rows = 2 * Math.ceil(m / 2)
  const columns = 4 * Math.ceil(n / 4)
  const length = 2 * Math.ceil(d / 2)
  const kernels = createKernels((rows + columns) * length + rows * columns, crew)
  if (kernels === undefined) return undefined
  const left = padRows(a, kernels.allocate(rows * length), length)
  const right = padRows(b, kernels.allocate(columns * length), length)
  const products = kernels.allocate(rows * columns)
  const shape = [rows, columns, length, partSize]
  kernels.runParts('productsPart', Math.ceil(rows / partSize), [left.at, right.at, products.at, ...shape])
  const result = matrix(m, n)
  for (let i = 0; i < m; i++) result.data.set(products.data.subarray(i * columns, i * columns + n), i * n)
  return result
}

function padRows(x: Matrix, target: Block, length: number): Block {
  const { numSamples, numFeatures: d, data } = x
  if (length === d) target.data.set(data)
  else for (let i = 0; i < numSamples; i++) target.data.set(data.subarray(i * d, (i + 1) * d), i * length)
  return target
}

/** Writes the columns of x as rows of the given length, in tiles. */
function transposeInto(x: Matrix, target: Block, length: number): void {
  const { numSamples: n, numFeatures: d, data } = x
  const tile = 32
  for (let i0 = 0; i0 < n; i0 += tile) {
    const iEnd = Math.min(n, i0 + tile)
    for (let j0 = 0; j0 < d; j0 += tile) {
      const jEnd = Math.min(d, j0 + tile)
      for (let i = i0; i < iEnd; i++) {
        for (let j = j0; j < jEnd; j++) target.data[j * length + i] = data[i * d + j]!
      }
    }
  }
}
