import type { Partition } from '@etsef/plugin-api'
import type { Candidate, Judged } from '../evaluate/evaluate.js'
import { evaluate } from '../evaluate/evaluate.js'
import { confusionMatrixFigure } from './confusion-matrix-figure.js'
import { reliabilityFigure } from './reliability-figure.js'

/** A figure by file name (without extension), as SVG text. */
export interface Figure {
  readonly name: string
  readonly svg: string
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
  const figures = [
    {
      name: 'confusion-matrix',
      svg: confusionMatrixFigure({ matrix, classNames: judged.classNames, title: `Confusion matrix, ${rows}` }),
    },
  ]
  if (calibration !== null) {
    figures.push({
      name: 'reliability',
      svg: reliabilityFigure({ calibration: calibration.equalWidth, title: `Reliability, ${rows}` }),
    })
  }
  const { accuracy = null, balancedAccuracy = null, ece = null } = metrics
  return { figures, metrics: { accuracy, balancedAccuracy, ece } }
}
