import type { OperationContext } from '@etsef/plugin-api'
import { transformerNode } from '../../adapter/estimator-node.js'
import { numberedNames } from '../../adapter/numbered-names.js'
import { applyRandomProjection, fitRandomProjection, type RandomProjectionModel } from './random-projection-model.js'

/** Code of `ensemble/random-projection`. */
export const { fit, save, load, open } = transformerNode<
  { readonly components: number },
  RandomProjectionModel,
  OperationContext
>({
  kind: 'random-projection',
  fit: (x, _y, { components }, ctx) => fitRandomProjection(x, { components, seed: ctx.seed }),
  apply: applyRandomProjection,
  names: (model) => numberedNames('rp', model.components.numSamples),
})
