/** Lines over numeric axes, in one or several panels: what the page draws itself, and what files of it are drawn from. */
export interface LineChart {
  readonly title: string
  /** What a reader must know to read it; empty for nothing. */
  readonly subtitle: string
  readonly series: readonly LineSeries[]
  readonly panels: readonly LinePanel[]
}

/** What lines of one name look like in every panel. */
export interface LineSeries {
  readonly name: string
  /** Position in the palette of categories. */
  readonly color: number
  /** Lengths of strokes and gaps; colour alone tells nothing to some readers. */
  readonly dash: readonly number[]
}

/** One frame with its axes. */
export interface LinePanel {
  /** Null where the chart's own title says it. */
  readonly title: string | null
  readonly width: number
  readonly height: number
  readonly x: LineAxis
  readonly y: LineAxis
  readonly lines: readonly Line[]
  /** Straight lines that a reader compares with. */
  readonly guides: readonly Guide[]
  /** Whether points of lines are marked; `sized`: by an area that grows with their `weight`. */
  readonly marks: 'none' | 'equal' | 'sized'
}

/** A linear axis. */
export interface LineAxis {
  readonly title: string | null
  readonly domain: readonly [number, number]
  readonly ticks: readonly number[]
}

/** One line. */
export interface Line {
  /** Position in the series of the chart. */
  readonly series: number
  readonly points: readonly LinePoint[]
}

/** A point of a line; what lies beyond the domains of the axes is not shown; with the ends of its interval where there is a band. */
export interface LinePoint {
  readonly x: number
  readonly y: number
  readonly low?: number
  readonly high?: number
  readonly weight?: number
}

/** A line from one point to another. */
export interface Guide {
  readonly x: number
  readonly y: number
  readonly x2: number
  readonly y2: number
}

/** Smallest and largest radius of marks that are sized. */
export const markRadii = [2.5, 7.5] as const

/** Radius of a mark whose area grows with its weight from none to the largest. */
export function markRadius(weight: number, largest: number): number {
  const [least, most] = markRadii
  return Math.sqrt(least ** 2 + (most ** 2 - least ** 2) * (largest > 0 ? weight / largest : 0))
}
