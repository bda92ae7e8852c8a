import { matrix, type Matrix } from '../linear-algebra/matrix.js'
import { gram } from '../linear-algebra/products.js'
import { applyStandardize, fitStandardize } from './standardize.js'

/** Pearson correlations of all pairs of columns, `[numFeatures, numFeatures]`; 0 with a constant column, 1 with itself. */
export function correlations(x: Matrix): Matrix {
  const products = gram(applyStandardize(fitStandardize(x), x))
  const d = x.numFeatures
  const result = matrix(
    d,
    d,
    products.data.map((value) => Math.min(1, Math.max(-1, value / x.numSamples))),
  )
  for (let j = 0; j < d; j++) result.data[j * d + j] = 1
  return result
}
