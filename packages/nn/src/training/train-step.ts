import type { NamedTensorMap, Scalar, Tensor, Variable } from '@tensorflow/tfjs'
import type { GraphModel } from '../run/graph-model.js'
import type { Optimizer } from './optimizer.js'

/** One step of {@link trainStep}. */
export interface TrainStepOptions {
  /** Full names of the parameters to change; everything else stays as it is. */
  readonly parameterNames: readonly string[]
  readonly optimizer: Optimizer
  /** Learning rate of a parameter. */
  learningRate(parameterName: string): number
  /** Gradients are scaled down when their joint norm exceeds this; absent means never. */
  readonly clipNorm?: number
}

/**
 * Gradient of a loss with respect to an explicit list of parameters, then one optimizer step.
 *
 * @param loss - Builds the scalar loss; called once under the gradient tape.
 * @returns The loss before the step.
 */
export function trainStep(model: GraphModel, loss: () => Scalar, options: TrainStepOptions): number {
  const { tf } = model.engine
  const variables = options.parameterNames.map((name) => model.variables.get(name)!)
  const { value, grads } = tf.variableGrads(loss, variables)
  const lossValue = value.dataSync<'float32'>()[0]!
  value.dispose()
  if (Number.isFinite(lossValue)) applyGradients(model, variables, grads, options)
  for (const gradient of Object.values(grads)) gradient.dispose()
  return lossValue
}

function applyGradients(
  model: GraphModel,
  variables: readonly Variable[],
  gradients: NamedTensorMap,
  options: TrainStepOptions,
): void {
  const { tf } = model.engine
  const { clipNorm, optimizer } = options
  tf.tidy(() => {
    const scale = clipNorm === undefined ? 1 : Math.min(1, clipNorm / jointNorm(model, Object.values(gradients)))
    optimizer.beginStep()
    for (const [index, name] of options.parameterNames.entries()) {
      const variable = variables[index]!
      const gradient = gradients[variable.name]
      // A parameter the loss does not depend on has no gradient.
      if (gradient === undefined) continue
      const clipped = scale < 1 ? tf.mul(gradient, scale) : gradient
      optimizer.apply(name, variable, clipped, options.learningRate(name))
    }
  })
}

function jointNorm(model: GraphModel, gradients: readonly Tensor[]): number {
  const { tf } = model.engine
  const squares = gradients.map((gradient) => tf.sum(tf.square(gradient)))
  return Math.sqrt(tf.addN(squares).dataSync()[0]!)
}
