import type { LineAxis } from './line-chart.js'

/** What an axis shows. */
export interface AxisOptions {
  readonly title: string | null
  /** About so many ticks. */
  readonly count: number
  /** Smallest distance of ticks: 1 for whole numbers. */
  readonly leastStep?: number
}

/** An axis over exactly a domain. */
export function axisOver(domain: readonly [number, number], options: AxisOptions): LineAxis {
  return axisWith(domain, stepOf(domain, options), options.title)
}

function axisWith(domain: readonly [number, number], step: number, title: string | null): LineAxis {
  const first = Math.ceil(domain[0] / step - tolerance)
  const last = Math.floor(domain[1] / step + tolerance)
  const ticks = Array.from({ length: Math.max(0, last - first + 1) }, (_, at) => rounded((first + at) * step, step))
  return { title, domain, ticks }
}

/** An axis that begins and ends at a tick, around all values. */
export function axisAround(values: readonly number[], options: AxisOptions): LineAxis {
  const finite = values.filter((value) => Number.isFinite(value))
  const low = finite.reduce((least, value) => Math.min(least, value), finite[0] ?? 0)
  const high = finite.reduce((most, value) => Math.max(most, value), finite[0] ?? 1)
  // Of values that do not differ, the axis shows what lies beside them.
  const size = Math.max(Math.abs(low), Math.abs(high))
  const beside = (size > leastSpan ? size : 1) / 2
  const isFlat = high - low <= Math.max(leastSpan, tolerance * size)
  const span: readonly [number, number] = isFlat ? [low - beside, high + beside] : [low, high]
  const step = stepOf(span, options)
  const ends = [Math.floor(span[0] / step + tolerance) * step, Math.ceil(span[1] / step - tolerance) * step] as const
  return axisWith([rounded(ends[0], step), rounded(ends[1], step)], step, options.title)
}

/** A value at a tick as text, with the digits that its neighbours need. */
export function tickText(value: number, { ticks }: LineAxis): string {
  const step = ticks.length > 1 ? ticks[1]! - ticks[0]! : 1
  if (Math.abs(value) >= 1e6 || (value !== 0 && step < 1e-6)) return value.toExponential(1).replace('-', '−')
  return value.toFixed(decimalsOf(step)).replace('-', '−')
}

/** Values this close to a tick, in steps, are at it: sums of steps are not exact. */
const tolerance = 1e-9
/** Differences below this are shown as none. */
const leastSpan = 1e-12

/** 1, 2 or 5 times a power of ten. */
function stepOf([low, high]: readonly [number, number], { count, leastStep = 0 }: AxisOptions): number {
  const raw = (high - low || 1) / count
  const power = 10 ** Math.floor(Math.log10(raw))
  const error = raw / power
  const factor = error >= Math.sqrt(50) ? 10 : error >= Math.sqrt(10) ? 5 : error >= Math.SQRT2 ? 2 : 1
  return Math.max(leastStep, factor * power)
}

function decimalsOf(step: number): number {
  return Math.max(0, -Math.floor(Math.log10(step) + tolerance))
}

function rounded(value: number, step: number): number {
  return Number(value.toFixed(Math.min(20, decimalsOf(step))))
}
