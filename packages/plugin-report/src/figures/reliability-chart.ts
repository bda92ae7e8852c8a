import type { TopLevelSpec } from 'vega-lite'
import { wilsonInterval } from '../intervals/wilson.js'
import type { Calibration } from '../metrics/calibration.js'
import { noteLines } from './chart-text.js'
import { categorical } from './palette.js'

const SIZE = 400
const BARS = 90

/**
 * Reliability curve: observed accuracy against mean confidence of each bin with 95 % Wilson intervals, the diagonal of perfect calibration, and
 * the number of rows per bin below.
 *
 * @param figure - Equal-width calibration bins; ECE and MCE stand below the title.
 */
export function reliabilityChart(figure: { readonly calibration: Calibration; readonly title: string }): TopLevelSpec {
  const { calibration, title } = figure
  const bins = calibration.bins.map(({ low, high, count, confidence, accuracy }) => {
    const interval = wilsonInterval({ successes: Math.round(accuracy * count), trials: count })!
    return { low, high, count, confidence, accuracy, accuracyLow: interval.low, accuracyHigh: interval.high }
  })
  const unit = { domain: [0, 1], padding: 0 }
  const ticks = { values: [0, 0.2, 0.4, 0.6, 0.8, 1], format: '.1f' }
  const confidence = { type: 'quantitative' as const, scale: unit }
  const blue = categorical[0]
  return {
    title: {
      text: title,
      subtitle: noteLines(
        [
          `ECE ${calibration.ece.toFixed(3)}, MCE ${calibration.mce.toFixed(3)}, bins of equal width. Dashed: perfect calibration.`,
          'Bars: 95 % Wilson intervals of each bin, rows taken as independent.',
        ],
        SIZE + 50,
      ),
    },
    data: { values: bins },
    spacing: 14,
    vconcat: [
      {
        width: SIZE,
        height: SIZE,
        layer: [
          {
            data: { values: [{ x: 0, y: 0, x2: 1, y2: 1 }] },
            mark: { type: 'rule', stroke: '#777777', strokeDash: [6, 4] },
            encoding: {
              x: { field: 'x', type: 'quantitative', scale: unit, axis: { ...ticks, labels: false, title: null } },
              y: { field: 'y', type: 'quantitative' },
              x2: { field: 'x2' },
              y2: { field: 'y2' },
            },
          },
          {
            mark: { type: 'rule', stroke: blue, strokeWidth: 1.5, strokeOpacity: 0.55 },
            encoding: {
              x: { field: 'confidence', ...confidence },
              y: { field: 'accuracyLow', type: 'quantitative' },
              y2: { field: 'accuracyHigh' },
            },
          },
          {
            mark: { type: 'line', stroke: blue, strokeWidth: 2 },
            encoding: {
              x: { field: 'confidence', ...confidence },
              y: {
                field: 'accuracy',
                type: 'quantitative',
                scale: unit,
                axis: { ...ticks, title: 'Fraction predicted right' },
              },
            },
          },
          {
            mark: { type: 'point', filled: true, fill: blue, stroke: '#ffffff', strokeWidth: 1, size: 70, opacity: 1 },
            encoding: { x: { field: 'confidence', ...confidence }, y: { field: 'accuracy', type: 'quantitative' } },
          },
        ],
      },
      {
        width: SIZE,
        height: BARS,
        mark: { type: 'bar', orient: 'vertical', color: categorical[5], stroke: '#ffffff' },
        encoding: {
          x: {
            field: 'low',
            ...confidence,
            axis: { ...ticks, title: 'Confidence of the predicted class', grid: false },
          },
          x2: { field: 'high' },
          y: {
            field: 'count',
            type: 'quantitative',
            scale: { zero: true, nice: 4 },
            axis: { title: 'Rows', tickCount: 3, tickMinStep: 1 },
          },
          y2: { datum: 0 },
        },
      },
    ],
  }
}
