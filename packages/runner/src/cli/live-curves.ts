import type { Paint } from './paint.js'

/** Values of a figure, one a step. */
export interface Curve {
  readonly name: string
  readonly values: readonly number[]
}

const blocks = '▁▂▃▄▅▆▇█'
/** Rows of one network: a loss, a score, each on training and validation rows, and little more. */
const mostCurves = 6

/**
 * A small chart of a training: a line for each figure, its last value and its course. Losses share one scale, and so do scores, so that training and
 * validation can be held against each other. Of several phases the last one is shown.
 *
 * @param columns - Width that a line may take.
 */
export function curveLines(curves: readonly Curve[], { columns, paint }: { columns: number; paint: Paint }): string[] {
  const phase = phaseOf(curves.at(-1)?.name ?? '')
  const shown = curves.filter(({ name, values }) => phaseOf(name) === phase && values.length > 1).slice(0, mostCurves)
  const label = Math.max(0, ...shown.map(({ name }) => name.length))
  const room = columns - label - 14
  if (room < 4) return []
  return shown.map(({ name, values }) => {
    const kin = shown.filter((other) => kindOf(other.name) === kindOf(name)).flatMap((other) => other.values)
    const course = sparkline(condensed(values, room), Math.min(...kin), Math.max(...kin))
    const last = Number(values.at(-1)!.toPrecision(3)).toString()
    return `  ${name.padEnd(label)} ${last.padStart(9)}  ${paint(isValidation(name) ? 'validation' : 'training', course)}`
  })
}

/** Values as blocks, from the lowest to the highest of a scale. */
function sparkline(values: readonly number[], low: number, high: number): string {
  return values
    .map((value) => {
      if (!Number.isFinite(value)) return '?'
      const share = high > low ? (value - low) / (high - low) : 0
      return blocks[Math.min(blocks.length - 1, Math.floor(share * blocks.length))]!
    })
    .join('')
}

/** At most so many values, each the mean of its stretch. */
function condensed(values: readonly number[], most: number): readonly number[] {
  if (values.length <= most) return values
  return Array.from({ length: most }, (_, at) => {
    const stretch = values.slice(Math.floor((at * values.length) / most), Math.floor(((at + 1) * values.length) / most))
    return stretch.reduce((sum, value) => sum + value, 0) / stretch.length
  })
}

function phaseOf(name: string): string {
  return name.slice(0, name.lastIndexOf('.') + 1)
}

/** What is on one scale. */
function kindOf(name: string): string {
  return /loss$/i.test(name) ? 'loss' : /accuracy$/i.test(name) ? 'accuracy' : name
}

function isValidation(name: string): boolean {
  return /(^|\.)val[A-Z]/.test(name)
}
