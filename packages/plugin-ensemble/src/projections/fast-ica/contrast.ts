import type { Crew } from '../../numeric/kernels/crew.js'
import { createKernels, type Kernels } from '../../numeric/kernels/kernels.js'
import { matrix, transpose, type Matrix } from '../../numeric/linear-algebra/matrix.js'
import { multiplyTransposed } from '../../numeric/linear-algebra/products.js'

/** One step of FastICA's fixed point before orthonormalising, for fixed white rows. */
export type FixedPointStep = (unmixing: Matrix) => Matrix

/**
 * `W ↦ E[tanh(W z) zᵀ] − E[1 − tanh²(W z)] W` over the rows z of `white`, by SIMD kernels where they can be had.
 *
 * @param white - `[numSamples, k]`.
 * @param crew - Threads that share the samples; sums are taken panel by panel in one order, so the bits stay.
 */
export function logcoshStep(white: Matrix, crew?: Crew): FixedPointStep {
  const { numSamples, numFeatures: k } = white
  const width = 4 * Math.ceil(k / 4)
  const length = 4 * Math.ceil(numSamples / 4)
  const numPanels = Math.ceil(length / panel)
  const kernels = createKernels(3 * width * length + (numPanels + 1) * width * width + numPanels * width, crew)
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
const panel = 256

/** Tables are padded with zeros: rows to a multiple of 4 samples, columns to a multiple of 4 components. */
function kernelStep(white: Matrix, kernels: Kernels, width: number, length: number): FixedPointStep {
  const { numSamples, numFeatures: k } = white
  const numPanels = Math.ceil(length / panel)
  const rows = kernels.allocate(width * length)
  const columns = kernels.allocate(width * length)
  const sources = kernels.allocate(width * length)
  const w = kernels.allocate(width * width)
  const products = kernels.allocate(numPanels * width * width)
  const slopeSums = kernels.allocate(numPanels * width)
  for (let i = 0; i < numSamples; i++) {
    const first = panel * Math.floor(i / panel)
    const count = Math.min(panel, length - first)
    for (let j = 0; j < k; j++) {
      const value = white.data[i * k + j]!
      rows.data[i * width + j] = value
      columns.data[first * width + j * count + i - first] = value
    }
  }
  // Padding samples have source 0: tanh 0, slope 1 each.
  const padding = length - numSamples
  const addresses = [w, rows, columns, sources, products, slopeSums].map(({ at }) => at)
  return (unmixing) => {
    for (let i = 0; i < k; i++) w.data.set(unmixing.data.subarray(i * k, (i + 1) * k), i * width)
    kernels.runParts('icaPart', numPanels, [...addresses, width, length, panel])
    const sums = matrix(k, k)
    const slopes = new Float64Array(k).fill(-padding)
    for (let p = 0; p < numPanels; p++) {
      for (let i = 0; i < k; i++) {
        slopes[i]! += slopeSums.data[p * width + i]!
        const at = (p * width + i) * width
        for (let j = 0; j < k; j++) sums.data[i * k + j]! += products.data[at + j]!
      }
    }
    return combine(
      sums,
      slopes.map((sum) => sum / numSamples),
      unmixing,
      numSamples,
    )
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
