import type { Rng } from '@etsef/plugin-api'
import type { Graph } from '../graph/graph.js'
import { inferShapes } from '../graph/shapes.js'
import type { Engine, Tensor } from '../engine/engine.js'

/**
 * Factors of a network's dropouts for a batch, by their nodes' names: 0 with the probability of the rate, else 1 / (1 - rate).
 *
 * @returns float32 tensors in the shapes of the nodes' values, `[batch, ...]`, which the caller disposes.
 */
export function drawDropouts({ tf }: Engine, graph: Graph, batch: number, rng: Rng): Map<string, Tensor> {
  const dropouts = graph.nodes.filter((node) => node.op === 'dropout')
  if (dropouts.length === 0) return new Map()
  const shapes = inferShapes(graph)
  return new Map(
    dropouts.map(({ name, rate }): [string, Tensor] => {
      const shape = [batch, ...shapes.get(name)!]
      const own = rng.fork(name)
      const factors = new Float32Array(shape.reduce((product, length) => product * length, 1))
      for (let i = 0; i < factors.length; i++) factors[i] = own.next() < rate ? 0 : 1 / (1 - rate)
      return [name, tf.tensor(factors, shape)]
    }),
  )
}
