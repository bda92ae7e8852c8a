import { transposeInto } from '../kernels/products-by-kernel.js'
import { createKernels, type Kernels } from '../kernels/kernels.js'
import { matrix, transpose, type Matrix } from '../linear-algebra/matrix.js'
import { multiplyTransposed } from '../linear-algebra/products.js'

/** One step of FastICA's fixed point before orthonormalising, for fixed white rows. */
export type FixedPointStep = (unmixing: Matrix) => Matrix

/**
 * `W ↦ E[tanh(W z) zᵀ] − E[1 − tanh²(W z)] W` over the rows z of `white`, by SIMD kernels where they can be had.
 *
 * @param white - `[numSamples, k]`.
 */
export function logcoshStep(white: Matrix): FixedPointStep {
  const { numSamples, numFeatures: k } = white
  const width = 4 * Math.ceil(k / 4)
  const length = 4 * Math.ceil(numSamples / 4)
  const kernels = createKernels(3 * width * length + 2 * width * width)
  return kernels === undefined ? plainStep(white) : kernelStep(white, kernels, width, length)
}

/** The step in plain loops; the reference for the kernels. */
export function plainStep(white: Matrix): FixedPointStep {
  const byComponent = transpose(white)
  return (unmixing) => {
    const sources = multiplyTransposed(unmixing, white)
    const slopes = tanhRows(sources)
    return combine(multiplyTransposed(sources, byComponent), slopes, unmixing, white.numSamples)
  }
}

/** Samples in one pass: their sources and the white rows stay in the processor's cache. */
const panel = 512

/** Tables are padded with zeros: rows to a multiple of 4 samples, columns to a multiple of 4 components. */
function kernelStep(white: Matrix, kernels: Kernels, width: number, length: number): FixedPointStep {
  const { numSamples, numFeatures: k } = white
  const rows = kernels.allocate(width * length)
  const columns = kernels.allocate(width * length)
  const sources = kernels.allocate(width * length)
  const w = kernels.allocate(width * width)
  const products = kernels.allocate(width * width)
  for (let i = 0; i < numSamples; i++) rows.data.set(white.data.subarray(i * k, (i + 1) * k), i * width)
  transposeInto(white, columns, length)
  return (unmixing) => {
    for (let i = 0; i < k; i++) w.data.set(unmixing.data.subarray(i * k, (i + 1) * k), i * width)
    sources.data.fill(0)
    products.data.fill(0)
    kernels.products(w, rows, sources, { m: width, n: length, d: width, from: 0, to: width })
    const slopes = new Float64Array(k)
    // Padding samples have source 0: tanh 0, slope 1 each.
    const padding = length - numSamples
    for (let i = 0; i < k; i++) slopes[i] = (kernels.tanhSum(sources, i * length, length) - padding) / numSamples
    for (let from = 0; from < length; from += panel) {
      const to = Math.min(length, from + panel)
      kernels.products(sources, columns, products, { m: width, n: width, d: length, from, to })
    }
    const means = matrix(k, k)
    for (let i = 0; i < k; i++) means.data.set(products.data.subarray(i * width, i * width + k), i * k)
    return combine(means, slopes, unmixing, numSamples)
  }
}

function combine(sums: Matrix, slopes: Float64Array, unmixing: Matrix, numSamples: number): Matrix {
  const k = unmixing.numSamples
  const next = matrix(k, k)
  for (let i = 0; i < k; i++) {
    for (let j = 0; j < k; j++) {
      const at = i * k + j
      next.data[at] = sums.data[at]! / numSamples - slopes[i]! * unmixing.data[at]!
    }
  }
  return next
}

/** Replaces every value by its tanh; returns the mean of 1 − tanh² of each row. */
function tanhRows(sources: Matrix): Float64Array {
  const { numSamples: k, numFeatures: n, data } = sources
  const slopes = new Float64Array(k)
  for (let i = 0; i < k; i++) {
    let sum = 0
    for (let at = i * n; at < (i + 1) * n; at++) {
      const t = Math.tanh(data[at]!)
      data[at] = t
      sum += 1 - t * t
    }
    slopes[i] = sum / n
  }
  return slopes
}
