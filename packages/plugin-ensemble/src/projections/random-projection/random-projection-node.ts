import type { OperationContext } from '@etsef/plugin-api'
import { transformerNode } from '../../adapter/estimator-node.js'
import { numberedNames } from '../../adapter/numbered-names.js'
import { drawProjection } from '../draw-projections.js'
import { applyRandomProjection, fitRandomProjection, type RandomProjectionModel } from './random-projection-model.js'

/** Code of `ensemble/random-projection`. */
export const { fit, save, load, open, writeOpenFormats } = transformerNode<
  { readonly components: number },
  RandomProjectionModel,
  OperationContext
>({
  kind: 'random-projection',
  fit: (x, _y, { components }, ctx) => fitRandomProjection(x, { components, seed: ctx.seed }),
  apply: applyRandomProjection,
  draw: drawProjection,
  names: (model) => numberedNames('rp', model.components.numSamples),
})
