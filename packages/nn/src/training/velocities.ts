import type { Tensor } from '@tensorflow/tfjs-core'
import type { Engine } from '../engine/engine.js'
import type { WeightTensor } from '../graph/graph.js'
import type { OptimizerState } from './optimizer-contract.js'

/** The running velocity of each parameter, as optimizers with momentum keep it. */
export interface Velocities {
  /**
   * `v = momentum * v + move`; the first time `v = move`. To be called inside `tf.tidy`.
   *
   * @param momentum - In [0, 1); may differ from step to step.
   * @returns The new velocity, which is kept; not to be disposed by the caller.
   */
  advance(name: string, move: Tensor, momentum: number): Tensor
  /** What {@link Optimizer.readState} tells of them: `<parameter>/v`. */
  readMoments(): Map<string, WeightTensor>
  dispose(): void
}

/** Velocities that begin where `resume` left them, at nothing without it. */
export function createVelocities({ tf }: Engine, resume?: OptimizerState): Velocities {
  const velocities = new Map<string, Tensor>()
  return {
    advance: (name, move, momentum) => {
      const saved = resume?.moments.get(`${name}/v`)
      const start = saved === undefined ? undefined : tf.tensor(saved.data.slice(), [...saved.shape])
      const old = velocities.get(name) ?? start
      const velocity = tf.keep(old === undefined ? move.clone() : tf.add(tf.mul(old, momentum), move))
      velocities.get(name)?.dispose()
      velocities.set(name, velocity)
      return velocity
    },
    readMoments: () =>
      new Map(
        [...velocities].map(([name, tensor]): [string, WeightTensor] => [
          `${name}/v`,
          { shape: tensor.shape, data: Float32Array.from(tensor.dataSync<'float32'>()) },
        ]),
      ),
    dispose: () => {
      for (const velocity of velocities.values()) velocity.dispose()
      velocities.clear()
    },
  }
}
