import type { JsonObject } from '@etsef/plugin-api'
import { gridCandidates, randomCandidates, type Axis, type Space } from './candidates.js'
import { isWhole, withDefaults, type TuneOptions } from './tune-options.js'
import { tunedNode } from './tuned-node.js'

/** Code of `ensemble/tune`. */
export const { fit, save, load, open } = tunedNode<TuneOptions>(
  ({ classifier, options, space, search, trials, factor, folds, loss }, ctx) => {
    const axes = typed(classifier, space as Space)
    return {
      candidates: search === 'grid' ? gridCandidates(axes) : randomCandidates(axes, trials, ctx.rng('candidates')),
      ...(search === 'halving' ? { factor } : {}),
      folds,
      loss,
      // Values come from YAML or from ranges of numbers; both are JSON.
      complete: (candidate) => withDefaults(classifier, { ...options, ...candidate }) as JsonObject,
    }
  },
  ({ trainPredictions }) => trainPredictions === 'outOfFold',
)

/** The space, with ranges of whole-number options marked as such. */
function typed(classifier: string, space: Space): Space {
  return Object.fromEntries(
    Object.entries(space).map(([name, axis]): [string, Axis] => [
      name,
      'low' in axis ? { ...axis, integer: isWhole(classifier, name) } : axis,
    ]),
  )
}
