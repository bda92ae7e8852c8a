import { PipelineError, type Partition } from '@etsef/plugin-api'
import { spreadRows } from '../grad-cam/pick-rows.js'

/** Positions of the rows that are explained. @throws PipelineError `ERR_TOO_FEW_ROWS` when there are none. */
export function explainedRows(
  partitions: readonly Partition[],
  { partition, maxImages }: { readonly partition: Partition | 'all'; readonly maxImages: number },
): number[] {
  const rows = spreadRows(partitions, partition, maxImages)
  if (rows.length > 0) return rows
  throw new PipelineError('ERR_TOO_FEW_ROWS', {
    message: `There are no ${partition} images to explain`,
    option: 'partition',
    hint: 'choose a partition that the split has',
  })
}

/**
 * Positions of the train rows, which stand for what is absent: no others do.
 *
 * @param purpose - What they are needed for, as in "There are no train images to take a baseline from".
 * @throws PipelineError `ERR_TOO_FEW_ROWS` when there are none.
 */
export function trainRows(partitions: readonly Partition[], purpose: string): number[] {
  const rows = spreadRows(partitions, 'train', Infinity)
  if (rows.length > 0) return rows
  throw new PipelineError('ERR_TOO_FEW_ROWS', {
    message: `There are no train images ${purpose}`,
    port: 'images',
    hint: 'give images that are split',
  })
}
