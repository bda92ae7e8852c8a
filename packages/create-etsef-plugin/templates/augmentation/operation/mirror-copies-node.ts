import {
  collectImages,
  pickRows,
  type CombineImplementation,
  type OperationContext,
  type Static,
} from '@etsef/plugin-api'
import { of } from 'rxjs'
import { mirrorPixels } from './mirror-pixels.js'
import type { inputs, options, outputs } from './mirror-copies.js'

type Implementation = CombineImplementation<Static<typeof options>, typeof inputs, typeof outputs, OperationContext>

/** The rows as they came, then the copies. Nothing is decoded here: a row says what is done to its pixels. */
export const run: Implementation['run'] = async ({ options: { share }, inputs: { images }, ctx }) => {
  const batch = await collectImages(images, ctx.signal)
  // Drawn by id: the choice does not depend on the order of rows.
  const chosen = [...batch.ids.keys()].filter(
    (row) => batch.partitions[row] === 'train' && ctx.rng('who', batch.ids[row]!).next() < share,
  )
  const order = [...batch.ids.keys(), ...chosen]
  return {
    images: of({
      kind: 'images' as const,
      ...pickRows(batch, order),
      ids: [...batch.ids, ...chosen.map((row) => `${batch.ids[row]!}~mirrored`)],
      uris: order.map((row) => batch.uris[row]!),
      parentIds: order.map((row) => batch.ids[row]!),
      parameters: order.map((_, at) => (at < batch.ids.length ? null : 'mirrored')),
    }),
  }
}

/** Called when somebody wants the pixels of a row. */
export const loadPixels: NonNullable<Implementation['loadPixels']> = async ({ parameters, upstream }) => {
  const image = await upstream()
  return parameters === null ? image : mirrorPixels(image)
}
