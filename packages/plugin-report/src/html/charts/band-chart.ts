import type { StoredBand } from '../told.js'
import { axisAround, axisOver } from './axis.js'
import type { Guide, LineChart, LinePoint } from './line-chart.js'

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
  readonly guides?: readonly Guide[]
}

const dashes = [[], [6, 3], [2, 2], [8, 3, 2, 3]] as const

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
}: BandFigure): LineChart {
  const lines = curves.map(({ band }, series) => ({
    series,
    points: axis.flatMap((x, at): LinePoint[] => {
      const y = band.value[at] ?? null
      return y === null ? [] : [{ x, y, low: band.low[at] ?? y, high: band.high[at] ?? y }]
    }),
  }))
  const heights = lines.flatMap(({ points }) => points.flatMap(({ y, low, high }) => [y, low ?? y, high ?? y]))
  const y = { title: yTitle, count: 5 }
  return {
    title,
    subtitle,
    series: curves.map(({ name, color }, at) => ({ name, color: color ?? at, dash: dashes[at % dashes.length]! })),
    panels: [
      {
        title: null,
        width: 360,
        height: 300,
        x: axisOver([0, 1], { title: xTitle, count: 5 }),
        y: yDomain ? axisOver(yDomain, y) : axisAround([0, ...heights], y),
        lines,
        guides,
        marks: 'none',
      },
    ],
  }
}
