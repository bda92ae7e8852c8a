import type { Tensor } from '@tensorflow/tfjs-core'
import type { Weights, WeightTensor } from '../graph/graph.js'
import type { GraphModel } from '../run/graph-model.js'

/** Exponential moving average of parameters during training. */
export interface WeightAverage {
  /** Moves the average towards the present values; once per optimizer step. */
  update(): void
  /** Puts the average into the model; the returned function puts the present values back. */
  swapIn(): () => void
  /** The averages as plain data. */
  read(): Weights
  dispose(): void
}

/**
 * Share of the old average kept at a step: 0 at first, rising to `decay`, so that early values are soon forgotten.
 *
 * @param step - Number of the update, from 1.
 * @see pytorch-image-models 1.0.29, `ModelEmaV3` with warm-up: gamma 1, power 2/3
 */
export function averageDecay(step: number, decay: number): number {
  return step <= 1 ? 0 : Math.min(decay, 1 - step ** (-2 / 3))
}

/** Averages of the named parameters, starting at their present values or at those of a checkpoint. */
export function createWeightAverage(
  model: GraphModel,
  names: readonly string[],
  decay: number,
  resume?: { readonly step: number; readonly values: Weights },
): WeightAverage {
  const { tf } = model.engine
  let step = resume?.step ?? 0
  const averages = new Map<string, Tensor>()
  for (const name of names) {
    const saved = resume?.values.get(name)
    const start = saved ? tf.tensor(saved.data.slice(), [...saved.shape]) : model.variables.get(name)!.clone()
    averages.set(name, tf.keep(start))
  }
  return {
    update: () => {
      const kept = averageDecay(++step, decay)
      for (const name of names) {
        const old = averages.get(name)!
        const moved = tf.tidy(() => tf.add(tf.mul(old, kept), tf.mul(model.variables.get(name)!, 1 - kept)))
        averages.set(name, tf.keep(moved))
        old.dispose()
      }
    },
    swapIn: () => {
      const present = names.map((name) => model.variables.get(name)!.clone())
      for (const name of names) model.variables.get(name)!.assign(averages.get(name)!)
      return () => {
        for (const [i, name] of names.entries()) {
          model.variables.get(name)!.assign(present[i]!)
          present[i]!.dispose()
        }
      }
    },
    read: () =>
      new Map(
        names.map((name): [string, WeightTensor] => {
          const tensor = averages.get(name)!
          return [name, { shape: tensor.shape, data: Float32Array.from(tensor.dataSync<'float32'>()) }]
        }),
      ),
    dispose: () => {
      for (const tensor of averages.values()) tensor.dispose()
    },
  }
}
