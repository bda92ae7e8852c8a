import { checkTraining, type Labels } from '@etsef/plugin-api/models'
import type { Matrix } from '../../numeric/linear-algebra/matrix.js'
import { anovaF } from '../select-anova/anova-f.js'
import { correlations } from '../../numeric/statistics/correlation.js'
import { rankColumns } from '../../numeric/statistics/rank-columns.js'
import type { SelectModel } from '../select-columns.js'

/**
 * Columns no two of which correlate beyond a threshold: the best by ANOVA F is kept, its near copies go, and so on.
 *
 * @param options - `threshold`: largest |r| that two kept columns may have, in (0, 1].
 * @returns Scores are the F statistics that ordered the columns; a constant column is kept last, if nothing resembles it.
 * @throws PipelineError as `checkTraining`.
 */
export function fitSelectCorrelation(x: Matrix, y: Labels, options: { readonly threshold: number }): SelectModel {
  checkTraining(x, y)
  const { f } = anovaF(x, y)
  const r = correlations(x).data
  const d = x.numFeatures
  const kept: number[] = []
  for (const j of rankColumns(f)) {
    if (kept.every((other) => Math.abs(r[j * d + other]!) <= options.threshold)) kept.push(j)
  }
  return { kind: 'select', numFeatures: d, columns: Int32Array.from(kept).sort(), scores: f }
}
