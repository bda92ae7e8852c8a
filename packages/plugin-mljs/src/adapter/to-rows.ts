import { row, type Matrix } from '@etsef/plugin-api/models'

/** The rows as plain arrays, as the packages take them. */
export function toRows(x: Matrix): number[][] {
  return Array.from({ length: x.numSamples }, (_, i) => Array.from(row(x, i)))
}
