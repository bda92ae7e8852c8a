import type { Engine } from '../engine/engine.js'
import type { Optimizer, ParameterUpdate } from './optimizer-contract.js'

/** {@link Optimizer.apply} of what changes one parameter at a time; what it computes on the way is freed. */
export function eachInTidy({ tf }: Engine, change: (update: ParameterUpdate) => void): Optimizer['apply'] {
  return (updates) => {
    for (const update of updates) {
      tf.tidy(() => {
        change(update)
      })
    }
  }
}
