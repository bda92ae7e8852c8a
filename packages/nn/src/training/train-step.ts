import type { Scalar, Tensor } from '@tensorflow/tfjs-core'
import type { GraphModel } from '../run/graph-model.js'
import { gradientsOf } from './backpropagate.js'
import type { Optimizer } from './optimizer-contract.js'

/** One step of {@link trainStep}. */
export interface TrainStepOptions {
  /** Full names of the parameters to change; everything else stays as it is. */
  readonly parameterNames: readonly string[]
  readonly optimizer: Optimizer
  /** Learning rate of a parameter. */
  learningRate(parameterName: string): number
  /** Momentum of this step; absent means the optimizer's own. */
  readonly momentum?: number | undefined
  /** Gradients are scaled down when their joint norm exceeds this; absent means never. */
  readonly clipNorm?: number
}

/** Gradients by parameter name; a parameter the loss does not depend on has none. The holder disposes them. */
export type Gradients = Map<string, Tensor>

/**
 * Gradient of a loss with respect to an explicit list of parameters, then one optimizer step. A loss that is not finite changes
 * nothing.
 *
 * @param loss - Builds the scalar loss; called once under the gradient tape.
 * @returns The loss before the step.
 */
export function trainStep(model: GraphModel, loss: () => Scalar, options: TrainStepOptions): number {
  const gradients: Gradients = new Map()
  const value = addGradients(model, loss, options.parameterNames, gradients)
  if (Number.isFinite(value)) applyGradients(model, gradients, options)
  disposeGradients(gradients)
  return value
}

/** Adds a loss's gradients to `gradients` and returns its value: several calls accumulate over the parts of a batch. */
export function addGradients(
  model: GraphModel,
  loss: () => Scalar,
  parameterNames: readonly string[],
  gradients: Gradients,
): number {
  const { tf } = model.engine
  const variables = parameterNames.map((name) => model.variables.get(name)!)
  const { value, gradients: found } = gradientsOf(tf, loss, variables)
  const lossValue = value.dataSync<'float32'>()[0]!
  value.dispose()
  mergeGradients(model, gradients, byName(parameterNames, found))
  return lossValue
}

/** Those that exist. */
export function byName(names: readonly string[], gradients: readonly (Tensor | undefined)[]): Gradients {
  return new Map(
    names.flatMap((name, i): [string, Tensor][] => (gradients[i] === undefined ? [] : [[name, gradients[i]]])),
  )
}

/** Adds gradients to others; those that are added belong to `sums` then, or are disposed. */
export function mergeGradients(model: GraphModel, sums: Gradients, gradients: ReadonlyMap<string, Tensor>): void {
  for (const [name, gradient] of gradients) {
    const sum = sums.get(name)
    if (sum === undefined) {
      sums.set(name, gradient)
      continue
    }
    sums.set(name, model.engine.tf.add(sum, gradient))
    sum.dispose()
    gradient.dispose()
  }
}

/** One optimizer step with the given gradients. */
export function applyGradients(model: GraphModel, gradients: Gradients, options: TrainStepOptions): void {
  const { tf } = model.engine
  const { clipNorm, optimizer } = options
  tf.tidy(() => {
    const scale = clipNorm === undefined ? 1 : Math.min(1, clipNorm / jointNorm(model, [...gradients.values()]))
    optimizer.beginStep(options.momentum)
    optimizer.apply(
      [...gradients].map(([name, gradient]) => ({
        name,
        variable: model.variables.get(name)!,
        gradient: scale < 1 ? tf.mul(gradient, scale) : gradient,
        learningRate: options.learningRate(name),
      })),
    )
  })
}

/** Frees gradients. */
export function disposeGradients(gradients: Gradients): void {
  for (const gradient of gradients.values()) gradient.dispose()
  gradients.clear()
}

function jointNorm(model: GraphModel, gradients: readonly Tensor[]): number {
  const { tf } = model.engine
  const squares = gradients.map((gradient) => tf.sum(tf.square(gradient)))
  return Math.sqrt(tf.addN(squares).dataSync()[0]!)
}
