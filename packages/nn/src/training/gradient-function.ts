import type { Scalar, Tensor } from '@tensorflow/tfjs-core'
import type { GraphModel } from '../run/graph-model.js'
import { replayable, type Feeds } from '../run/replayable.js'
import { gradientsOf } from './backpropagate.js'
import { byName } from './train-step.js'

/** What a loss function gives. */
export interface Loss {
  readonly loss: Scalar
  /** Values beside the loss that are wanted. */
  readonly others?: readonly Tensor[]
}

/** Outcome of a {@link GradientFunction}; the caller disposes its tensors. */
export interface DifferentiatedLoss {
  readonly loss: number
  readonly others: readonly Tensor[]
  /** By parameter name; a parameter that the loss does not depend on has none. */
  readonly gradients: ReadonlyMap<string, Tensor>
}

/** A loss, its other values and its gradients, of what is fed. */
export type GradientFunction = (feeds: Feeds) => DifferentiatedLoss

/**
 * The gradient of a loss as a function, whose operations are called again as {@link replayable} tells.
 *
 * @param parameterNames - Full names of the parameters whose gradients are wanted.
 * @param lossOf - Builds the loss from the feeds; it must not dispose them, nor read values of tensors.
 */
export function gradientFunction(
  model: GraphModel,
  parameterNames: readonly string[],
  lossOf: (feeds: Feeds) => Loss,
): GradientFunction {
  const { tf } = model.engine
  const learned = parameterNames.map((name) => model.variables.get(name)!)
  const compute = (feeds: Feeds): (Tensor | undefined)[] => {
    const others: Tensor[] = []
    const { value, gradients } = gradientsOf(
      tf,
      () => {
        const found = lossOf(feeds)
        // Handed out of the scope that the tape is in.
        for (const other of found.others ?? []) others.push(tf.keep(other.clone()))
        return found.loss
      },
      learned,
    )
    return [value, ...gradients, ...others]
  }
  const run = replayable(model, compute)
  return (feeds) => {
    const [value, ...rest] = run(feeds)
    const loss = value!.dataSync<'float32'>()[0]!
    value!.dispose()
    return {
      loss,
      gradients: byName(parameterNames, rest),
      others: rest.slice(parameterNames.length) as Tensor[],
    }
  }
}
