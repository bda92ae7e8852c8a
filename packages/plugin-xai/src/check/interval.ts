import type { Rng } from '@etsef/plugin-api'

/** A mean with what it may be by chance of the cases. */
export interface MeanInterval {
  readonly mean: number
  readonly low: number
  readonly high: number
}

/** Mean with its 95 % percentile bootstrap interval; patients are drawn whole. @returns `undefined` without values. */
export function meanInterval(values: readonly number[], groups: readonly string[], rng: Rng): MeanInterval | undefined {
  if (values.length === 0) return undefined
  const clusters = new Map<string, { sum: number; count: number }>()
  values.forEach((value, i) => {
    const cluster = clusters.get(groups[i]!) ?? { sum: 0, count: 0 }
    clusters.set(groups[i]!, { sum: cluster.sum + value, count: cluster.count + 1 })
  })
  const all = [...clusters.values()]
  const meanOf = (some: readonly { sum: number; count: number }[]): number =>
    some.reduce((total, { sum }) => total + sum, 0) / some.reduce((total, { count }) => total + count, 0)
  const draws = Float64Array.from({ length: 2000 }, () => meanOf(all.map(() => all[rng.integer(all.length)]!))).sort()
  return { mean: meanOf(all), low: draws[49]!, high: draws[1949]! }
}
