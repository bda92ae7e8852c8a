import type { RunRecord } from '../run/run-record.js'

/** A figure of a run by which it is told from others. */
export interface PrimaryFigure {
  readonly name: string
  readonly value: number
}

/**
 * The primary metric of a run: of a report that scores several things that of its reference, or of the last one.
 *
 * @returns `undefined` where the pipeline has none, or no report tells it.
 */
export function primaryFigure({ resolved, stages }: RunRecord): PrimaryFigure | undefined {
  const metric = isMap(resolved) ? resolved['primaryMetric'] : undefined
  if (typeof metric !== 'string') return undefined
  for (const { metrics, ingredients } of Object.values(stages)) {
    const { reference } = ingredients.options
    const first = typeof reference === 'string' ? `${reference}.${metric}` : undefined
    const figures = Object.entries(metrics ?? {}).filter(
      (entry): entry is [string, number] =>
        typeof entry[1] === 'number' && (entry[0] === metric || entry[0].endsWith(`.${metric}`)),
    )
    const chosen = figures.find(([name]) => name === first) ?? figures.at(-1)
    if (chosen) return { name: chosen[0], value: chosen[1] }
  }
  return undefined
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
