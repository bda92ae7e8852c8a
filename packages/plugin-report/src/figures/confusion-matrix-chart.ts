import { fitText } from '@etsef/drawing'
import type { TopLevelSpec } from 'vega-lite'
import { normaliseRows, trueCounts } from '../metrics/confusion-matrix.js'
import type { ConfusionMatrix } from '../metrics/confusion-matrix.js'
import { centredByIndex, labelByIndex, noteLines, widest } from './chart-text.js'
import { inkOn, sequential } from './palette.js'

const LABEL = 12
const LINE = 15

/**
 * Confusion matrix: counts left, row shares right; true classes down with their numbers of rows, predicted classes across.
 *
 * @param figure - `title` stands above both panels; `classNames` in class order (long names wrap, of very long ones the middle is left out).
 */
export function confusionMatrixChart(figure: {
  readonly matrix: ConfusionMatrix
  readonly classNames: readonly string[]
  readonly title: string
}): TopLevelSpec {
  const { matrix, classNames, title } = figure
  const n = classNames.length
  const supports = trueCounts(matrix)
  const names = classNames.map((name) => fitText(name, { size: LABEL, maxWidth: 150, maxLines: 3 }))
  const nameWidth = widest(names.flat(), LABEL)
  const cell = Math.max(40, Math.min(80, 460 / n), n <= 6 ? Math.min(nameWidth + 10, 110) : 0)
  const cellFont = Math.min(15, Math.max(10, (cell - 8) / (0.6 * longestCell(matrix))))
  const isTilted = nameWidth > cell - 6
  const abstained = matrix.abstentions.reduce((sum, count) => sum + count, 0)
  const notes = [
    'Colour: share of the true class.',
    ...(abstained > 0 ? [`Without a predicted class, and so in no column: ${abstained} of the rows.`] : []),
  ]
  const trueLabels = names.map((lines, t) => [...lines, `n = ${supports[t]!}`])
  const bare = { ticks: false, domain: false }
  const predictedAxis = {
    title: 'Predicted class',
    labelExpr: labelByIndex(names),
    labelLineHeight: LINE,
    labelPadding: 6,
    ...(isTilted
      ? { labelAngle: -45, labelAlign: 'right' as const, labelBaseline: 'top' as const }
      : { labelAngle: 0 }),
  }
  const trueAxis = {
    title: 'True class (n rows)',
    labelExpr: labelByIndex(trueLabels),
    labelLineHeight: LINE,
    labelOffset: { expr: centredByIndex(trueLabels, LINE) },
    labelPadding: 6,
  }
  const panel = (heading: string, label: 'count' | 'percent', yAxis: object) => ({
    title: {
      text: heading,
      fontSize: 14,
      fontWeight: 'normal' as const,
      anchor: 'middle' as const,
      frame: 'group' as const,
      offset: 8,
    },
    width: { step: cell },
    height: { step: cell },
    view: { stroke: null },
    encoding: {
      x: { field: 'predicted', type: 'ordinal' as const, axis: { ...predictedAxis, ...bare } },
      y: { field: 'true', type: 'ordinal' as const, axis: { ...yAxis, ...bare } },
    },
    layer: [
      {
        mark: { type: 'rect' as const, stroke: '#ffffff', strokeWidth: 1 },
        encoding: {
          color: {
            field: 'share',
            type: 'quantitative' as const,
            scale: { domain: [0, 1], range: [...sequential], interpolate: 'rgb' as const },
            legend: null,
          },
        },
      },
      {
        mark: { type: 'text' as const, fontSize: cellFont },
        encoding: {
          text: { field: label, type: 'nominal' as const },
          color: { condition: { test: 'datum.share > 0.5', value: inkOn(1) }, value: inkOn(0) },
        },
      },
    ],
  })
  return {
    title: { text: title, subtitle: noteLines(notes, Math.max(300, 2 * n * cell)) },
    data: { values: cellsOf(matrix, classNames) },
    spacing: 28,
    resolve: { scale: { color: 'independent' } },
    hconcat: [
      panel('Counts', 'count', trueAxis),
      panel('Share of the true class, %', 'percent', { ...trueAxis, title: null, labels: false }),
    ],
  }
}

function longestCell(matrix: ConfusionMatrix): number {
  return Math.max(5, String(Math.max(...matrix.counts)).length)
}

/** One record a cell, row by row; a true class without rows has no shares. */
function cellsOf(matrix: ConfusionMatrix, classNames: readonly string[]) {
  const n = classNames.length
  const shares = normaliseRows(matrix)
  const supports = trueCounts(matrix)
  return Array.from({ length: n * n }, (_, i) => {
    const [t, p] = [Math.floor(i / n), i % n]
    const share = supports[t] === 0 ? 0 : shares[i]!
    return {
      true: t,
      trueClass: classNames[t]!,
      predicted: p,
      predictedClass: classNames[p]!,
      count: String(matrix.counts[i]!),
      share,
      percent: supports[t] === 0 ? '–' : (100 * share).toFixed(1),
    }
  })
}
