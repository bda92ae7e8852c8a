import { fitText } from '@etsef/drawing'
import type { TopLevelSpec } from 'vega-lite'
import { labelByIndex } from '../../figures/chart-text.js'
import { classColor } from '../../figures/palette.js'
import type { StoredBand } from '../told.js'

/** A curve with its band. */
export interface BandCurve {
  readonly name: string
  readonly band: StoredBand
  /** Position in the palette; the one after the other by default. */
  readonly color?: number
}

/** Curves over one axis. */
export interface BandFigure {
  readonly title: string
  readonly subtitle: string
  readonly axis: readonly number[]
  readonly curves: readonly BandCurve[]
  readonly xTitle: string
  readonly yTitle: string
  readonly yDomain?: readonly [number, number]
  /** Straight lines that a reader compares with: from and to. */
  readonly guides?: readonly { readonly x: number; readonly y: number; readonly x2: number; readonly y2: number }[]
}

const SIZE = { width: 360, height: 300 }
const dashes = [
  [1, 0],
  [6, 3],
  [2, 2],
  [8, 3, 2, 3],
]

/** Lines with pale bands; colour and dash tell them apart. */
export function bandChart({
  title,
  subtitle,
  axis,
  curves,
  xTitle,
  yTitle,
  yDomain,
  guides = [],
}: BandFigure): TopLevelSpec {
  const rows = curves.flatMap(({ band }, curve) =>
    axis.flatMap((x, at) => {
      const y = band.value[at] ?? null
      return y === null ? [] : [{ curve, x, y, low: band.low[at] ?? y, high: band.high[at] ?? y }]
    }),
  )
  const domain = curves.map((_, curve) => curve)
  const range = curves.map(({ color }, curve) => classColor(color ?? curve))
  const legend = curves.map(({ name }) => fitText(name, { size: 13, maxWidth: 150, maxLines: 1 }))
  const x = {
    field: 'x',
    type: 'quantitative' as const,
    scale: { domain: [0, 1], padding: 0 },
    axis: { title: xTitle, tickCount: 5 },
  }
  const y = (field: string) => ({
    field,
    type: 'quantitative' as const,
    scale: yDomain ? { domain: [...yDomain], padding: 0, clamp: true } : { zero: true },
    axis: { title: yTitle, tickCount: 5 },
  })
  const color = {
    field: 'curve',
    type: 'nominal' as const,
    scale: { domain, range },
    legend: {
      orient: 'right' as const,
      labelExpr: labelByIndex(legend),
      symbolType: 'stroke' as const,
      symbolStrokeWidth: 3,
      symbolOpacity: 1,
    },
  }
  return {
    ...SIZE,
    title: { text: title, subtitle: fitText(subtitle, { size: 12.5, maxWidth: 380, maxLines: 4 }) },
    data: { values: rows },
    layer: [
      {
        data: { values: [...guides] },
        mark: { type: 'rule', stroke: '#777777', strokeDash: [4, 4] },
        encoding: {
          x: { field: 'x', type: 'quantitative' },
          y: { field: 'y', type: 'quantitative' },
          x2: { field: 'x2' },
          y2: { field: 'y2' },
        },
      },
      {
        mark: { type: 'area', opacity: 0.14, clip: true },
        encoding: { x, y: y('low'), y2: { field: 'high' }, color },
      },
      {
        mark: { type: 'line', strokeWidth: 2, clip: true },
        encoding: {
          x,
          y: y('y'),
          color,
          strokeDash: {
            field: 'curve',
            type: 'nominal',
            scale: { domain, range: domain.map((curve) => dashes[curve % dashes.length]!) },
            legend: null,
          },
        },
      },
    ],
  }
}
