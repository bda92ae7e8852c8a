import type { Rng } from '@etsef/plugin-api'
import { quantile } from './quantile.js'
import type { Interval } from './wilson.js'

/** A statistic of a set of rows (with repeats); null where it is not defined for them. */
export type Statistic = (rows: Int32Array) => number | null

/** An interval with what it rests on. */
export interface BootstrapInterval extends Interval {
  /** Resamples on which the statistic was defined. */
  readonly usedResamples: number
  /** `wilson`: of a proportion that is 0 or 1 in every resample, of which the bootstrap says nothing. */
  readonly method: 'bca' | 'percentile' | 'wilson'
}

/** What to draw. */
export interface ClusterOptions {
  /** Group (patient) of each row; rows of one group are drawn together. One distinct group per row is the plain row bootstrap. */
  readonly groups: ArrayLike<string | number>
  /** Number of resamples, e.g. 2000. */
  readonly resamples: number
  /** Seeded randomness. */
  readonly rng: Rng
}

/**
 * Row indices of cluster-bootstrap resamples: as many groups as there are, drawn with replacement, each with all its rows.
 *
 * Draws depend only on the number of groups (in order of first appearance), so with one row per group they are exactly those of a row bootstrap.
 *
 * @returns One index array per resample; lengths vary when groups have different sizes.
 */
export function clusterResamples({ groups, resamples, rng }: ClusterOptions): Int32Array[] {
  const members = groupMembers(groups)
  return Array.from({ length: resamples }, () => {
    const rows: number[] = []
    for (let g = 0; g < members.length; g++) {
      for (const row of members[rng.integer(members.length)]!) rows.push(row)
    }
    return Int32Array.from(rows)
  })
}

/**
 * Percentile interval (type-7 quantiles) of a statistic over given resamples.
 *
 * @param resamples - Row indices, e.g. from {@link clusterResamples}.
 * @param confidence - Level in (0, 1), default 0.95.
 * @returns Null when no resample defines the statistic.
 */
export function percentileInterval(
  resamples: readonly Int32Array[],
  statistic: Statistic,
  confidence = 0.95,
): BootstrapInterval | null {
  return intervalOfReplicates(resamples.map(statistic), confidence)
}

/**
 * Percentile interval of replicates that are already computed; undefined ones (null) are left out and counted.
 *
 * @param confidence - Level in (0, 1), default 0.95.
 * @returns Null when every replicate is undefined.
 */
export function intervalOfReplicates(
  replicates: readonly (number | null)[],
  confidence = 0.95,
): BootstrapInterval | null {
  const values = replicates.flatMap((value) => value ?? [])
  if (values.length === 0) return null
  return {
    low: quantile(values, (1 - confidence) / 2),
    high: quantile(values, (1 + confidence) / 2),
    usedResamples: values.length,
    method: 'percentile',
  }
}

/** Rows of each group, groups in order of first appearance. */
export function groupMembers(groups: ArrayLike<string | number>): number[][] {
  const members = new Map<string | number, number[]>()
  for (let row = 0; row < groups.length; row++) {
    const group = groups[row]!
    const rows = members.get(group)
    if (rows === undefined) members.set(group, [row])
    else rows.push(row)
  }
  return [...members.values()]
}
