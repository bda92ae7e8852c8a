import type { GraphModel } from '@etsef/nn'
import type { Differentiable } from './differentiable.js'

/**
 * A weighted sum of a node's numbers as a function of the network's input, in inference mode: a logit (weights 1 and 0), a feature, or a sum of many.
 *
 * @param weights - One for each number of the node.
 */
export function networkFunction(network: GraphModel, node: string, weights: ArrayLike<number>): Differentiable {
  const { graph, engine } = network
  const { tf } = engine
  const shape = graph.inputShape
  const size = shape.reduce((product, side) => product * side, 1)
  const factors = Float32Array.from(weights)
  return {
    size,
    values: (points) => {
      const input = tf.tensor(points, [points.length / size, ...shape])
      const [output] = network.evaluate(new Map([['input', input]]), [node])
      const numbers = output!.dataSync<'float32'>()
      const values = Float64Array.from({ length: points.length / size }, (_, row) =>
        factors.reduce((sum, factor, k) => sum + factor * numbers[row * factors.length + k]!, 0),
      )
      tf.dispose([input, output!])
      return values
    },
    gradients: (points) => {
      const gradient = tf.tidy(() => {
        const input = tf.tensor(points, [points.length / size, ...shape])
        const own = tf.tensor(factors)
        return tf.grad((value) => {
          // An empty set of training nodes: inference mode, but nothing is freed before the tape has been read.
          const [output] = network.evaluate(new Map([['input', value]]), [node], { trainingNodes: new Set() })
          return tf.sum(tf.mul(tf.reshape(output!, [points.length / size, factors.length]), own))
        })(input)
      })
      const values = Float32Array.from(gradient.dataSync<'float32'>())
      gradient.dispose()
      return values
    },
  }
}
