import { existsSync, readFileSync } from 'node:fs'

/** A figure that a stage reported while it ran; `step` is left out of those that have none. */
export interface MetricLine {
  readonly name: string
  /** Null for what is no number. */
  readonly value: number | null
  readonly step?: number
}

/** Figures of an artifact in the order in which they were reported: lines that this runner wrote, in an artifact whose sizes were checked. */
export function readMetricLines(file: string): readonly MetricLine[] {
  if (!existsSync(file)) return []
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as MetricLine)
}
