import { PipelineError } from '@etsef/plugin-api'
import { checkTraining, type Labels } from '@etsef/plugin-api/models'
import type { Matrix } from '../../numeric/linear-algebra/matrix.js'
import { keepBest, type SelectModel } from '../select-columns.js'

/**
 * χ² of each column's sums per class against the sums that the class shares alone would give.
 *
 * @param x - Counts or other values ≥ 0, e.g. after ReLU.
 * @returns One score a column; NaN for a column of zeros.
 * @throws PipelineError `ERR_BAD_DATA` for a negative value, and as `checkTraining`.
 * @see scikit-learn 1.9 chi2.
 */
export function chiSquared(x: Matrix, y: Labels): Float64Array {
  checkTraining(x, y)
  const { numSamples, numFeatures, data } = x
  const negative = data.findIndex((value) => value < 0)
  if (negative >= 0) {
    throw new PipelineError('ERR_BAD_DATA', {
      message: `χ² needs values of 0 or more; column ${negative % numFeatures} of row ${Math.floor(negative / numFeatures)} is ${data[negative]!}`,
      expected: 'values ≥ 0, such as activations after ReLU',
      received: String(data[negative]),
      hint: 'use select-anova or select-mutual-information for signed columns',
    })
  }
  const observed = new Float64Array(y.numClasses * numFeatures)
  const shares = new Float64Array(y.numClasses)
  const totals = new Float64Array(numFeatures)
  for (let i = 0, at = 0; i < numSamples; i++) {
    const base = y.labels[i]! * numFeatures
    shares[y.labels[i]!]! += 1 / numSamples
    for (let j = 0; j < numFeatures; j++, at++) {
      observed[base + j]! += data[at]!
      totals[j]! += data[at]!
    }
  }
  return totals.map((total, j) => {
    if (total === 0) return NaN
    let sum = 0
    for (let k = 0; k < y.numClasses; k++) {
      const expected = shares[k]! * total
      if (expected > 0) sum += (observed[k * numFeatures + j]! - expected) ** 2 / expected
    }
    return sum
  })
}

/** The columns of largest χ². */
export function fitSelectChiSquared(x: Matrix, y: Labels, options: { readonly components: number }): SelectModel {
  return keepBest(chiSquared(x, y), options.components)
}
