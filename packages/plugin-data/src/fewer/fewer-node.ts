import {
  collectImages,
  pickRows,
  type CombineImplementation,
  type OperationContext,
  type Static,
} from '@etsef/plugin-api'
import { of } from 'rxjs'
import { assign } from '../split/split-groups.js'
import type { fewerInputs, fewerOptions, fewerOutputs } from './fewer.js'

type Implementation = CombineImplementation<
  Static<typeof fewerOptions>,
  typeof fewerInputs,
  typeof fewerOutputs,
  OperationContext
>

/** Train rows of the groups that are kept, and all rows of other partitions, in order. */
export const run: Implementation['run'] = async ({ options: { share }, inputs, ctx }) => {
  const batch = await collectImages(inputs.images, ctx.signal)
  const train = [...batch.ids.keys()].filter((row) => batch.partitions[row] === 'train')
  const { labels, groups, classNames } = pickRows(batch, train)
  const parts = [
    { name: 'kept', share },
    { name: 'left', share: 1 - share },
  ] as const
  const hints = {
    tooFew: 'a class needs two groups of train rows, one that is kept and one that is not',
    none: 'use another share, or more groups',
  }
  // A group of its own for a row without one, as in a split.
  const own = groups.map((group, i) => (group === '' ? `row ${String(train[i])}` : group))
  const dealt = share === 1 ? train.map(() => 'kept') : assign({ labels, groups: own, classNames, parts, seed: ctx.seed, hints }) // prettier-ignore
  const left = new Set(train.filter((_, i) => dealt[i] === 'left'))
  const kept = [...batch.ids.keys()].filter((row) => !left.has(row))
  ctx.metric('train', train.length - left.size)
  return {
    images: of({
      kind: 'images' as const,
      ...pickRows(batch, kept),
      uris: kept.map((row) => batch.uris[row]!),
      parentIds: kept.map((row) => batch.parentIds[row]!),
    }),
  }
}
