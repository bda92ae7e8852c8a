import type { JsonObject, Static } from '@etsef/plugin-api'
import { withDefaults, type crossFitOptions } from './tune-options.js'
import { tunedNode } from './tuned-node.js'

/** Code of `ensemble/cross-fit`: a search with one candidate. */
export const { fit, save, load, open } = tunedNode<Static<typeof crossFitOptions>>(
  ({ classifier, options, folds }) => ({
    candidates: [{}],
    folds,
    loss: 'balancedError',
    complete: () => withDefaults(classifier, options) as JsonObject,
  }),
  () => true,
)
