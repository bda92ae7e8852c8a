import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { loadEngine } from '../engine/load-engine.js'
import { testEngines } from '../engine/test-engines.js'
import type { Graph, Operation } from '../graph/graph.js'
import { initWeights } from '../graph/init-weights.js'
import { uniformStream } from '../graph/random.js'
import { createGraphModel } from './graph-model.js'

type Four = readonly [number, number, number, number]

/** Height and width, kernel, stride, padding (top, bottom, left, right); whether `same` puts the same zeros. */
const cases: readonly (readonly [readonly [number, number], number, number, Four, boolean])[] = [
  [[12, 9], 3, 1, [1, 1, 1, 1], true],
  [[12, 9], 5, 1, [2, 2, 2, 2], true],
  [[13, 9], 3, 2, [1, 1, 1, 1], true],
  // The last row of zeros is never read.
  [[13, 9], 3, 2, [1, 2, 1, 1], true],
  [[12, 12], 3, 2, [0, 1, 0, 1], true],
  [[12, 12], 3, 2, [1, 1, 1, 1], false],
  [[13, 12], 3, 2, [1, 1, 1, 1], false],
  [[12, 9], 3, 1, [0, 2, 1, 1], false],
  [[12, 9], 3, 1, [1, 2, 1, 1], false],
  [[12, 9], 5, 1, [1, 1, 1, 1], false],
]

function graphOf(
  op: 'conv' | 'depthwiseConv',
  [[height, width], size, stride, padding]: (typeof cases)[number],
): Graph {
  const window = { kernel: [size, size], strides: [stride, stride], padding, bias: false } as const
  const operation: Operation = op === 'conv' ? { op, filters: 6, ...window } : { op, ...window }
  return {
    architecture: 'one convolution',
    inputShape: [height, width, 4],
    nodes: [{ ...operation, name: 'node', inputs: ['input'], stage: 'stem' }],
    featureNode: 'node',
    featureWidth: op === 'conv' ? 6 : 4,
    lastSpatialNode: 'node',
  }
}

describe.each(testEngines)('%s', (name) => {
  test.each(['conv', 'depthwiseConv'] as const)(
    '%s: explicit padding is the pad and a valid window, and no pad where same puts the same zeros',
    async (op) => {
      const engine = await loadEngine({ prefer: name })
      const { tf } = engine
      for (const each of cases) {
        const [[height, width], , stride, [top, bottom, left, right], isSame] = each
        const graph = graphOf(op, each)
        const model = createGraphModel(engine, graph, initWeights(graph, 1))
        const kernel = [...model.variables.values()][0]! as unknown as Tensor4D
        const uniform = uniformStream(2)
        const x = tf.tensor4d(Float32Array.from({ length: 2 * height * width * 4 }, () => 2 * uniform() - 1), [2, height, width, 4]) // prettier-ignore
        const trainingNodes = new Set(['node'])
        const ours = (image: Tensor): Tensor =>
          model.evaluate(new Map([['input', image]]), ['node'], { trainingNodes })[0]!
        const plain = (image: Tensor): Tensor => {
          const padded = tf.pad(image as Tensor4D, [[0, 0], [top, bottom], [left, right], [0, 0]]) // prettier-ignore
          return op === 'conv'
            ? tf.conv2d(padded, kernel, stride, 'valid')
            : tf.depthwiseConv2d(padded, kernel, stride, 'valid')
        }
        const { kernelNames } = await tf.profile(() => ours(x))
        expect({ each, pads: kernelNames.some((kernelName) => kernelName.startsWith('Pad')) }).toEqual({ each, pads: !isSame }) // prettier-ignore
        const results = [ours, plain].map((of) => {
          const { value, grads } = tf.variableGrads(() => tf.sum(tf.square(of(x))), [kernel as never])
          const [gradient] = Object.values(grads)
          return [of(x), value, gradient!].map((tensor) => [...tensor.dataSync<'float32'>()])
        })
        for (const [at, values] of results[0]!.entries()) {
          const expected = results[1]![at]!
          expect(values).toHaveLength(expected.length)
          const largest = Math.max(...expected.map(Math.abs))
          for (const [i, value] of values.entries()) expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-5 * largest)
        }
        model.dispose()
      }
    },
  )
})
