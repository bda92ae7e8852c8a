import type { Partition } from '@etsef/plugin-api'
import type { TopLevelSpec } from 'vega-lite'
import type { Candidate, Judged } from '../evaluate/judged.js'
import { evaluate } from '../evaluate/evaluation.js'
import { confusionMatrixChart } from './confusion-matrix-chart.js'
import { reliabilityChart } from './reliability-chart.js'

/** A chart by file name (without extension). */
export interface Figure {
  readonly name: string
  readonly chart: TopLevelSpec
}

/**
 * Confusion matrix and, for probabilities, reliability curve of one set of predictions.
 *
 * @param partition - Named in the titles.
 */
export function predictionFigures(
  judged: Judged,
  candidate: Candidate,
  partition: Partition,
): { figures: Figure[]; metrics: Record<string, number | null> } {
  const { matrix, calibration, metrics } = evaluate(judged, candidate, { resamples: [], confidence: 0.95 })
  const rows = `${partition === 'none' ? 'all' : partition} rows, n = ${judged.yTrue.length}`
  const figures: Figure[] = [
    {
      name: 'confusion-matrix',
      chart: confusionMatrixChart({ matrix, classNames: judged.classNames, title: `Confusion matrix, ${rows}` }),
    },
  ]
  if (calibration !== null) {
    figures.push({
      name: 'reliability',
      chart: reliabilityChart({ calibration: calibration.equalWidth, title: `Reliability, ${rows}` }),
    })
  }
  const { accuracy = null, balancedAccuracy = null, ece = null } = metrics
  return { figures, metrics: { accuracy, balancedAccuracy, ece } }
}
