import { chainOptions } from './chain-options.js'
import type { CrossFitOptions } from './tune-options.js'
import { tunedNode } from './tuned-node.js'

/** Code of `ensemble/cross-fit`: a search with one candidate. */
export const { fit, save, load, open } = tunedNode<CrossFitOptions>(
  (options) => ({
    candidates: [{}],
    folds: options.folds,
    loss: 'balancedError',
    complete: () => chainOptions(options, {}),
  }),
  () => true,
)
