import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core'
import type { GraphModel } from './graph-model.js'
import { noLogits } from '../errors.js'

/** Result of {@link activationGradient}; plain data, row-major. */
export interface ActivationGradient {
  /** Values of the node, `[batch, ...shape]`. */
  readonly activations: Float32Array
  /** Gradient of each row's target logit with respect to the node's value, same layout. */
  readonly gradients: Float32Array
  /** Shape of one row. */
  readonly shape: readonly number[]
  /** `[batch, numClasses]`. */
  readonly logits: Float32Array
}

/**
 * Value of a node and the gradient of a logit with respect to it, one target class per row: what Grad-CAM and its family need.
 * The network runs in inference mode, so the logits are those of prediction. A node inside a residual block will do: the gradient is of the way through it.
 *
 * @param input - `[batch, height, width, channels]`, preprocessed.
 * @param targets - Class index per row.
 * @param known - Value of the node for this input, where it has been computed before: the layers up to the node do not run again.
 * @throws Error when the network has no logits.
 */
export function activationGradient(
  model: GraphModel,
  input: Tensor4D,
  node: string,
  targets: readonly number[],
  known?: Tensor,
): ActivationGradient {
  const { graph, engine } = model
  const { tf } = engine
  const logitsNode = graph.logitsNode
  if (logitsNode === undefined) throw noLogits(graph.architecture)
  const head = graph.nodes.find(({ name }) => name === logitsNode)
  if (head?.op !== 'dense') throw noLogits(graph.architecture)
  const activation = known?.clone() ?? model.evaluate(new Map<string, Tensor>([['input', input]]), [node])[0]!
  let logits: Tensor | undefined
  const gradient = tf.tidy(() => {
    // Not by oneHot, which refuses a single class.
    const chosen = new Float32Array(targets.length * head.units)
    targets.forEach((target, row) => {
      chosen[row * head.units + target] = 1
    })
    const mask = tf.tensor2d(chosen, [targets.length, head.units])
    return tf.grad((value: Tensor) => {
      // An empty set of training nodes: inference mode, but nothing is freed before the tape has been read.
      // A node inside a block is bypassed: what comes around it is computed from the input, and stays as it is.
      const feeds = new Map<string, Tensor>([
        ['input', input],
        [node, value],
      ])
      const [out] = model.evaluate(feeds, [logitsNode], { trainingNodes: new Set() })
      logits = tf.keep(out!.clone())
      return tf.sum(tf.mul(out!, mask))
    })(activation)
  })
  const tensors = [activation, gradient, logits!]
  const [activations, gradients, scores] = tensors.map((tensor) => Float32Array.from(tensor.dataSync<'float32'>()))
  const shape = activation.shape.slice(1)
  for (const tensor of tensors) tensor.dispose()
  return { activations: activations!, gradients: gradients!, shape, logits: scores! }
}
