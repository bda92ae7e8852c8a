import { matrix, type Matrix } from '../linear-algebra/matrix.js'
import { createKernels, type Block } from './kernels.js'

/** Inner length of one pass; the same as in plain products, for equal bits. */
const panel = 512

/**
 * `xᵀ · x` for `[n, d]`, by the SIMD kernel: `[d, d]`, symmetric to the last bit.
 *
 * @returns `undefined` where the kernels cannot be had; see {@link createKernels}.
 */
export function gramByKernel(x: Matrix): Matrix | undefined {
  const { numSamples: n, numFeatures: d } = x
  const rows = 4 * Math.ceil(d / 4)
  const length = 2 * Math.ceil(n / 2)
  const kernels = createKernels(rows * length + rows * rows)
  if (kernels === undefined) return undefined
  const transposed = kernels.allocate(rows * length)
  const products = kernels.allocate(rows * rows)
  transposeInto(x, transposed, length)
  for (let from = 0; from < length; from += panel) {
    const to = Math.min(length, from + panel)
    kernels.products(transposed, transposed, products, { m: rows, n: rows, d: length, from, to, onlyLower: true })
  }
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
export function productsByKernel(a: Matrix, b: Matrix): Matrix | undefined {
  const { numSamples: m, numFeatures: d } = a
  const n = b.numSamples
  const rows = 2 * Math.ceil(m / 2)
  const columns = 4 * Math.ceil(n / 4)
  const length = 2 * Math.ceil(d / 2)
  const kernels = createKernels((rows + columns) * length + rows * columns)
  if (kernels === undefined) return undefined
  const left = padRows(a, kernels.allocate(rows * length), length)
  const right = padRows(b, kernels.allocate(columns * length), length)
  const products = kernels.allocate(rows * columns)
  for (let from = 0; from < length; from += panel) {
    kernels.products(left, right, products, {
      m: rows,
      n: columns,
      d: length,
      from,
      to: Math.min(length, from + panel),
    })
  }
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
export function transposeInto(x: Matrix, target: Block, length: number): void {
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
