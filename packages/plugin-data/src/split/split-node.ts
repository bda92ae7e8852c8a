import {
  collectImages,
  rowsOf,
  type CombineImplementation,
  type ImageBatch,
  type Partition,
  type Static,
  type OperationContext,
} from '@etsef/plugin-api'
import { of } from 'rxjs'
import { splitFolds } from './split-folds.js'
import { splitGroups } from './split-groups.js'
import type { splitInputs, splitOptions, splitOutputs } from './split.js'

type Implementation = CombineImplementation<
  Static<typeof splitOptions>,
  typeof splitInputs,
  typeof splitOutputs,
  OperationContext
>

/** The same rows with a partition each. */
export const run: Implementation['run'] = async ({ options, inputs, ctx }) => {
  const batch = await collectImages(inputs.images, ctx.signal)
  const { labels, groups, classNames } = batch
  const rows = { labels, groups, classNames, seed: options.splitSeed ?? ctx.seed }
  const { folds, fold, train, val } = options
  const partitions =
    folds === undefined || fold === undefined
      ? splitGroups({ ...rows, fractions: options })
      : splitFolds({ ...rows, folds, fold, valShare: val / (train + val) })
  reportCounts(batch, partitions, (name, value) => {
    ctx.metric(name, value)
  })
  return { images: of({ kind: 'images' as const, ...rowsOf(batch), partitions, uris: batch.uris }) }
}

function reportCounts(
  { labels, classNames }: ImageBatch,
  partitions: readonly Partition[],
  metric: (name: string, value: number) => void,
): void {
  for (const partition of new Set(partitions)) {
    classNames.forEach((className, label) => {
      metric(
        `${partition}.${className}`,
        partitions.filter((other, row) => other === partition && labels[row] === label).length,
      )
    })
  }
}
