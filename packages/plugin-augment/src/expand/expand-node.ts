import {
  collectImages,
  pickRows,
  type CombineImplementation,
  type Json,
  type Static,
  type OperationContext,
} from '@etsef/plugin-api'
import { of } from 'rxjs'
import { augmentPixels, type Augmentation } from '../pixels/augment-pixels.js'
import type { expandInputs, expandOptions, expandOutputs } from './expand.js'
import { countCopies, planCopies, type AugmentationRanges } from './plan-copies.js'

type Options = Static<typeof expandOptions>
type Implementation = CombineImplementation<Options, typeof expandInputs, typeof expandOutputs, OperationContext>

/** The rows as they came, then the copies, in parents' order. */
export const run: Implementation['run'] = async ({ options, inputs, ctx }) => {
  const batch = await collectImages(inputs.images, ctx.signal)
  const isTrain = batch.partitions.map((partition) => partition === 'train')
  const copies = planCopies(
    batch.ids,
    countCopies(batch.labels, isTrain, options, ctx.rng('who')),
    ranges(options),
    ctx.seed,
  )
  const order = [...batch.ids.keys(), ...copies.map(({ parent }) => parent)]
  ctx.metric('copies', copies.length)
  return {
    images: of({
      kind: 'images' as const,
      ...pickRows(batch, order),
      ids: [...batch.ids, ...copies.map(({ id }) => id)],
      uris: order.map((row) => batch.uris[row]!),
      parentIds: order.map((row) => batch.ids[row]!),
      parameters: [...batch.ids.map(() => null), ...copies.map(({ augmentation }): Json => ({ ...augmentation }))],
    }),
  }
}

/** The pixels from upstream, augmented as the row's parameters say; originals pass. */
export const loadPixels: NonNullable<Implementation['loadPixels']> = async ({ parameters, upstream, options }) => {
  const image = await upstream()
  // The parameters are those that `run` made, from its own type.
  return parameters === null ? image : augmentPixels(image, parameters as unknown as Augmentation, options.border)
}

function ranges({ operations, rotationDegrees, zoom, blurSigma }: Options): AugmentationRanges {
  return { operations, rotationDegrees, zoom: [zoom[0]!, zoom[1]!], blurSigma: [blurSigma[0]!, blurSigma[1]!] }
}
