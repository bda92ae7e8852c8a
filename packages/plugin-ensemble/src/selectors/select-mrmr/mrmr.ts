import type { Labels } from '@etsef/plugin-api/models'
import type { Matrix } from '../../numeric/linear-algebra/matrix.js'
import { anovaF } from '../select-anova/anova-f.js'
import { correlations } from '../../numeric/statistics/correlation.js'
import { keepBest, type SelectModel } from '../select-columns.js'

/**
 * Minimum redundancy, maximum relevance: columns taken one by one, each with the largest F divided by its mean |r| with
 * those taken before.
 *
 * @returns Scores fall from numFeatures (taken first) by one a column; columns not taken score 0.
 * @throws PipelineError `ERR_BAD_OPTION` for `components` above the number of columns, and as {@link anovaF}.
 * @see Zhao, Anand and Wang 2019, Maximum relevance and minimum redundancy feature selection methods, variant FCQ.
 */
export function fitSelectMrmr(x: Matrix, y: Labels, options: { readonly components: number }): SelectModel {
  const relevance = anovaF(x, y).f.map((f) => (Number.isNaN(f) ? 0 : Math.min(f, Number.MAX_VALUE)))
  const d = x.numFeatures
  const scores = new Float64Array(d)
  if (options.components > d) return keepBest(scores, options.components)
  const r = correlations(x).data
  const redundancy = new Float64Array(d)
  const isTaken = new Uint8Array(d)
  for (let taken = 0; taken < options.components; taken++) {
    let best = -1
    let bestValue = -1
    for (let j = 0; j < d; j++) {
      // A column unrelated to all others would divide by 0; below 0.001 redundancy is as good as none.
      const value = taken === 0 ? relevance[j]! : relevance[j]! / Math.max(1e-3, redundancy[j]! / taken)
      if (isTaken[j] === 0 && value > bestValue) {
        best = j
        bestValue = value
      }
    }
    isTaken[best] = 1
    scores[best] = d - taken
    for (let j = 0; j < d; j++) redundancy[j]! += Math.abs(r[best * d + j]!)
  }
  return keepBest(scores, options.components)
}
