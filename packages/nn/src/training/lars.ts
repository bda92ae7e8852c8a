import type { Engine } from '../engine/engine.js'
import { eachInTidy } from './each-in-tidy.js'
import type { Optimizer, OptimizerState } from './optimizer-contract.js'
import { createVelocities } from './velocities.js'

/** Settings of {@link createLars}. */
export interface LarsOptions {
  readonly name: 'lars'
  /** Default 0.9. */
  readonly momentum?: number
  /** Added to the gradient as `weightDecay * w` before the trust ratio, default 0. */
  readonly weightDecay?: number
  /** Trust coefficient, default 0.001. */
  readonly eta?: number
  /** Parameters that are neither decayed nor scaled by a trust ratio; see `undecayedParameters`. Default: those of rank 1. */
  readonly excluded?: ReadonlySet<string>
}

/**
 * Layer-wise adaptive rates, so that large batches can take large steps: `g += decay * w`, `trust = eta * |w| / |g|`,
 * `v = momentum * v + rate * trust * g`, `w -= v`. The rate is inside the velocity. A norm of zero gives a trust ratio of 1.
 *
 * @see You et al. 2017, arXiv:1708.03888; this form is that of google-research/simclr `tf2/lars_optimizer.py` (others differ)
 */
export function createLars(engine: Engine, options: LarsOptions, resume?: OptimizerState): Optimizer {
  const { tf } = engine
  const { momentum = 0.9, weightDecay = 0, eta = 0.001, excluded } = options
  const velocities = createVelocities(engine, resume)
  let step = resume?.step ?? 0
  let current = momentum
  return {
    beginStep: (given = momentum) => {
      current = given
      step++
    },
    apply: eachInTidy(engine, ({ name, variable, gradient, learningRate }) => {
      const isExcluded = excluded?.has(name) ?? variable.rank < 2
      const decayed = isExcluded || weightDecay === 0 ? gradient : tf.add(gradient, tf.mul(variable, weightDecay))
      let move = tf.mul(decayed, learningRate)
      if (!isExcluded) {
        const weightNorm = tf.norm(variable)
        const gradientNorm = tf.norm(decayed)
        const isUsable = tf.logicalAnd(tf.greater(weightNorm, 0), tf.greater(gradientNorm, 0))
        const trust = tf.where(isUsable, tf.div(tf.mul(weightNorm, eta), gradientNorm), tf.onesLike(weightNorm))
        move = tf.mul(move, trust)
      }
      variable.assign(tf.sub(variable, velocities.advance(name, move, current)))
    }),
    readStep: () => step,
    readState: () => ({ step, moments: velocities.readMoments() }),
    dispose: () => {
      velocities.dispose()
    },
  }
}
