import type { Partition } from '@etsef/plugin-api'

/**
 * Tells a plan of images that cannot be explained, or that have no train rows.
 *
 * @param purpose - What train rows are needed for.
 */
export function planExplained(
  partitions: readonly Partition[] | undefined,
  wanted: Partition | 'all',
  issue: (path: string, message: string, details?: { readonly received?: string }) => void,
  purpose = 'to take a baseline from',
): void {
  if (!partitions) return
  const received = `partitions ${partitions.join(', ')}`
  if (!partitions.includes('train')) issue('in:images', `There are no train images ${purpose}`, { received })
  else if (wanted !== 'all' && !partitions.includes(wanted))
    issue('partition', `There are no ${wanted} images to explain`, { received })
}
