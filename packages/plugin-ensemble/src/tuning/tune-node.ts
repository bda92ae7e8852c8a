import { gridCandidates, randomCandidates, type Axis, type Space } from './candidates.js'
import { chainOptions } from './chain-options.js'
import { isWhole, targetOf } from './known-operations.js'
import type { TuneOptions } from './tune-options.js'
import { tunedNode } from './tuned-node.js'

/** Code of `ensemble/tune`. */
export const { fit, save, load, open } = tunedNode<TuneOptions>(
  (options, ctx) => {
    const { classifier, space, search, trials, factor, folds, loss } = options
    const axes = typed(classifier, space as Space)
    return {
      candidates: search === 'grid' ? gridCandidates(axes) : randomCandidates(axes, trials, ctx.rng('candidates')),
      ...(search === 'halving' ? { factor } : {}),
      folds,
      loss,
      complete: (candidate) => chainOptions(options, candidate),
    }
  },
  ({ trainPredictions }) => trainPredictions === 'outOfFold',
)

/** The space, with ranges of whole-number options marked as such. */
function typed(classifier: string, space: Space): Space {
  return Object.fromEntries(
    Object.entries(space).map(([key, axis]): [string, Axis] => [
      key,
      'low' in axis ? { ...axis, integer: isWhole(...targetOf(classifier, key)) } : axis,
    ]),
  )
}
