import type { TopLevelSpec } from 'vega-lite'
import { fitText } from '@etsef/drawing'
import { categorical } from '../../figures/palette.js'
import type { StoredBin } from '../told.js'

/** Reliability before and after a temperature was fitted on validation rows. */
export function reliabilityPairChart({
  title,
  subtitle,
  before,
  after,
}: {
  readonly title: string
  readonly subtitle: string
  readonly before: readonly StoredBin[]
  readonly after: readonly StoredBin[] | null
}): TopLevelSpec {
  const names = after === null ? ['before'] : ['before', 'after']
  const rows = [
    ...before.map((bin) => ({ ...bin, when: 'before' })),
    ...(after ?? []).map((bin) => ({ ...bin, when: 'after' })),
  ]
  const unit = { domain: [0, 1], padding: 0 }
  const x = {
    field: 'confidence',
    type: 'quantitative' as const,
    scale: unit,
    axis: { title: 'Confidence of the predicted class', tickCount: 5 },
  }
  const y = {
    field: 'accuracy',
    type: 'quantitative' as const,
    scale: unit,
    axis: { title: 'Fraction predicted right', tickCount: 5 },
  }
  const color = {
    field: 'when',
    type: 'nominal' as const,
    scale: { domain: names, range: [categorical[3], categorical[0]].slice(0, names.length) },
    legend: { orient: 'right' as const },
  }
  return {
    width: 360,
    height: 300,
    title: { text: title, subtitle: fitText(subtitle, { size: 12.5, maxWidth: 380, maxLines: 4 }) },
    data: { values: rows },
    layer: [
      {
        data: { values: [{ x: 0, y: 0, x2: 1, y2: 1 }] },
        mark: { type: 'rule', stroke: '#777777', strokeDash: [4, 4] },
        encoding: {
          x: { field: 'x', type: 'quantitative' },
          y: { field: 'y', type: 'quantitative' },
          x2: { field: 'x2' },
          y2: { field: 'y2' },
        },
      },
      {
        mark: { type: 'line', strokeWidth: 2 },
        encoding: {
          x,
          y,
          color,
          strokeDash: {
            field: 'when',
            type: 'nominal',
            scale: {
              domain: names,
              range: [
                [5, 3],
                [1, 0],
              ].slice(0, names.length),
            },
            legend: null,
          },
        },
      },
      {
        mark: { type: 'point', filled: true, opacity: 1 },
        encoding: {
          x,
          y,
          color,
          size: { field: 'count', type: 'quantitative', scale: { range: [20, 180] }, legend: null },
        },
      },
    ],
  }
}
