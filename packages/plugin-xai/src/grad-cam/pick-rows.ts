import type { Partition } from '@etsef/plugin-api'

/**
 * Positions of at most `maxImages` rows of a partition, spread evenly over the rows as they come (sources list images by class, so every
 * class is met without looking at labels).
 *
 * @param partition - `all` takes rows of every partition.
 */
export function spreadRows(
  partitions: readonly Partition[],
  partition: Partition | 'all',
  maxImages: number,
): number[] {
  const rows = partitions.flatMap((other, row) => (partition === 'all' || other === partition ? [row] : []))
  if (rows.length <= maxImages) return rows
  return Array.from({ length: maxImages }, (_, i) => rows[Math.floor(((i + 0.5) * rows.length) / maxImages)]!)
}
