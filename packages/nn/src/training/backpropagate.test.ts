import type { Scalar, Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { buildArchitecture } from '../architectures/build-architecture.js'
import type { Engine } from '../engine/engine.js'
import { loadEngine } from '../engine/load-engine.js'
import { testEngines } from '../engine/test-engines.js'
import { withHead } from '../graph/head.js'
import { initWeights } from '../graph/init-weights.js'
import { createGraphModel, type GraphModel } from '../run/graph-model.js'
import { gradientsOf } from './backpropagate.js'
import { softmaxCrossEntropy } from './losses.js'

const side = 32

/** A network that learns, and its loss on two pictures. */
function openNetwork(engine: Engine, architecture: 'mobilenetV2' | 'efficientnetB0' | 'resnet18') {
  const { tf } = engine
  const graph = withHead(buildArchitecture(architecture, { inputSize: side }), { numClasses: 3 })
  const model: GraphModel = createGraphModel(engine, graph, initWeights(graph, 5))
  const pixels = Float32Array.from({ length: 2 * side * side * 3 }, (_, i) => Math.sin(i * i))
  const input = tf.tensor(pixels, [2, side, side, 3])
  const trainingNodes = new Set(graph.nodes.map(({ name }) => name))
  const loss = (): Scalar => {
    const [logits] = model.evaluate(new Map([['input', input]]), [graph.logitsNode!], { trainingNodes })
    return softmaxCrossEntropy(tf, logits as Tensor2D, [0, 2], {})
  }
  const variables = model.parameters.filter(({ trainable }) => trainable).map(({ name }) => model.variables.get(name)!)
  return { loss, variables, dispose: () => { model.dispose(); input.dispose() } } // prettier-ignore
}

function bytesOf(tensor: Tensor): Buffer {
  const { buffer, byteOffset, byteLength } = tensor.dataSync()
  return Buffer.from(buffer, byteOffset, byteLength)
}

describe.each(testEngines)('the way back on %s', (name) => {
  test.each(['mobilenetV2', 'efficientnetB0', 'resnet18'] as const)(
    'has the bits of TensorFlow.js for %s, and leaves nothing behind',
    async (architecture) => {
      const engine = await loadEngine({ prefer: name })
      const { loss, variables, dispose } = openNetwork(engine, architecture)
      const stock = engine.tf.variableGrads(loss, variables)
      const before = engine.tf.memory().numTensors
      const own = gradientsOf(engine.tf, loss, variables)
      expect(bytesOf(own.value).equals(bytesOf(stock.value))).toBe(true)
      expect(own.gradients).toHaveLength(variables.length)
      for (const [i, gradient] of own.gradients.entries()) {
        const { name } = variables[i]!
        expect(bytesOf(gradient!).equals(bytesOf(stock.grads[name]!)), name).toBe(true)
        gradient!.dispose()
      }
      own.value.dispose()
      expect(engine.tf.memory().numTensors).toBe(before)
      for (const tensor of [stock.value, ...Object.values(stock.grads)]) tensor.dispose()
      dispose()
    },
  )

  test('frees values and gradients that it has passed', async () => {
    const { tf } = await loadEngine({ prefer: name })
    const variable = tf.variable(tf.ones([64, 64]))
    let held = 0
    // The first operation, so that its gradient is the last one.
    const first = tf.customGrad((x) => ({
      value: tf.mul(x as Tensor, 2),
      gradFunc: (dy: Tensor) => {
        held = tf.memory().numBytes
        return tf.mul(dy, 2)
      },
    }))
    const loss = (): Scalar => {
      let value: Tensor = first(variable)
      for (let i = 0; i < 20; i++) value = tf.mul(tf.sin(value), 1.5)
      return tf.sum<Scalar>(value)
    }
    const before = tf.memory().numBytes
    const stock = tf.variableGrads(loss, [variable])
    const heldByStock = held - before
    for (const tensor of [stock.value, ...Object.values(stock.grads)]) tensor.dispose()
    const { value, gradients } = gradientsOf(tf, loss, [variable])
    // 40 operations: their gradients and what those read, against one gradient.
    const bytes = 4 * 64 * 64
    expect(heldByStock).toBeGreaterThan(55 * bytes)
    expect(held - before).toBeLessThan(4 * bytes)
    for (const tensor of [value, ...gradients, variable]) tensor!.dispose()
  })

  test('sums over all uses of a variable, and knows those that the loss does not depend on', async () => {
    const { tf } = await loadEngine({ prefer: name })
    const [used, unused] = [tf.variable(tf.tensor1d([3])), tf.variable(tf.tensor1d([1]))]
    // Its gradient hands on what it was given.
    const same = tf.customGrad((x) => ({ value: (x as Tensor).clone(), gradFunc: (dy: Tensor) => dy }))
    // 2 x² + x
    const loss = (): Scalar => tf.sum<Scalar>(tf.add(tf.mul(tf.square(same(used)), 2), used))
    const before = tf.memory().numTensors
    const { value, gradients } = gradientsOf(tf, loss, [used, unused])
    expect(value.dataSync()[0]).toBe(21)
    expect(gradients[0]!.dataSync()[0]).toBe(13)
    expect(gradients[1]).toBeUndefined()
    value.dispose()
    gradients[0]!.dispose()
    expect(tf.memory().numTensors).toBe(before)
    used.dispose()
    unused.dispose()
  })

  test('says what has no gradient', async () => {
    const { tf } = await loadEngine({ prefer: name })
    const variable = tf.variable(tf.ones([1, 4, 4, 1]))
    const loss = (): Scalar => tf.sum<Scalar>(tf.image.flipLeftRight(variable as unknown as Tensor4D))
    expect(() => gradientsOf(tf, loss, [variable])).toThrow(/no gradient/)
    variable.dispose()
  })
})
