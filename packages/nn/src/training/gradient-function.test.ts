import { createRng } from '@etsef/plugin-api'
import type { Tensor } from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { buildArchitecture } from '../architectures/build-architecture.js'
import type { Engine, EngineKernels, Tf } from '../engine/engine.js'
import { loadEngine } from '../engine/load-engine.js'
import { floatType, nativeBackend } from '../engine/tensorflow/native-backend.js'
import { testEngines } from '../engine/test-engines.js'
import { withHead } from '../graph/head.js'
import { initWeights } from '../graph/init-weights.js'
import { createGraphModel, type GraphModel } from '../run/graph-model.js'
import { classifierFeeds, classifierGradients } from './classifier-loss.js'
import { replayable, type Feeds } from '../run/replayable.js'
import { gradientFunction, type Loss } from './gradient-function.js'
import { addGradients } from './train-step.js'
import { trainablePart } from './trainable.js'

const side = 32
const numClasses = 3
const lossOptions = { labelSmoothing: 0.1, focalGamma: 1, classWeight: [1, 2, 3] }

function openNetwork(engine: Engine, architecture: 'mobilenetV2' | 'mobilenetV3Small'): GraphModel {
  const head = { numClasses, hidden: [8], dropout: 0.4 }
  const graph = withHead(
    buildArchitecture(architecture, { inputSize: side, ...(architecture === 'mobilenetV2' && { width: 0.35 }) }),
    head,
  )
  return createGraphModel(engine, graph, initWeights(graph, 5))
}

/** Feeds of call number `call`; every third batch is smaller, as at the end of an epoch. */
function feedsOf(model: GraphModel, call: number): Map<string, Tensor> {
  const rows = call % 3 === 2 ? 2 : 4
  const pixels = Float32Array.from({ length: rows * side * side * 3 }, (_, i) => Math.sin(call + i * i))
  const input = model.engine.tf.tensor(pixels, [rows, side, side, 3])
  const labels = Array.from({ length: rows }, (_, i) => (call + i) % numClasses)
  const share = 1 / (2 + call)
  const rng = createRng(1, 'dropout').fork('call', call)
  return classifierFeeds(model, { values: new Map([['input', input]]), labels, share, lossOptions, rng })
}

function dispose(tensors: Iterable<Tensor>): void {
  for (const tensor of tensors) tensor.dispose()
}

function bytesOf(tensor: Tensor): Buffer {
  const { buffer, byteOffset, byteLength } = tensor.dataSync()
  return Buffer.from(buffer, byteOffset, byteLength)
}

/** Tensors that the engine holds, those that TensorFlow.js has lost track of included. */
function countTensors({ name, tf }: Engine): readonly number[] {
  if (name !== 'tensorflow') return [tf.memory().numTensors]
  const binding = nativeBackend(tf).binding as unknown as { getNumOfTensors(): number }
  return [tf.memory().numTensors, binding.getNumOfTensors()]
}

describe.each(testEngines)('on %s', (name) => {
  test.each(name === 'tensorflow' ? (['mobilenetV2', 'mobilenetV3Small'] as const) : ['mobilenetV2' as const])(
    'every call has the bits of TensorFlow.js, what is fed and what has moved included: %s',
    async (architecture) => {
      const engine = await loadEngine({ prefer: name })
      const [model, stock] = [openNetwork(engine, architecture), openNetwork(engine, architecture)]
      const part = trainablePart(model.graph, 'none')
      const differentiate = classifierGradients(model, part, lossOptions)
      // With the feeds of this call, by a function that has never been called.
      const plain = (feeds: Feeds) => {
        const others = Object.entries(engine.kernels).filter(([kernel]) => kernel !== 'record')
        const kernels = Object.fromEntries(others) as unknown as EngineKernels
        return classifierGradients({ ...stock, engine: { ...engine, kernels } }, part, lossOptions)(feeds)
      }
      let before: readonly number[] = []
      for (let call = 0; call < 9; call++) {
        // By then all recordings are made.
        if (call === 6) before = countTensors(engine)
        const feeds = feedsOf(model, call)
        const [own, expected] = [differentiate(feeds), plain(feeds)]
        expect(own.loss).toBe(expected.loss)
        expect([...own.gradients.keys()]).toEqual(part.parameterNames)
        expect(bytesOf(own.others[0]!).equals(bytesOf(expected.others[0]!))).toBe(true)
        for (const [parameter, gradient] of own.gradients) {
          expect(bytesOf(gradient).equals(bytesOf(expected.gradients.get(parameter)!)), parameter).toBe(true)
        }
        // Weights change between calls, as a step changes them.
        for (const parameter of part.parameterNames) {
          for (const [at, found] of [
            [model, own],
            [stock, expected],
          ] as const) {
            const variable = at.variables.get(parameter)!
            engine.tf.tidy(() => variable.assign(engine.tf.sub(variable, engine.tf.mul(found.gradients.get(parameter)!, 0.01)))) // prettier-ignore
          }
        }
        for (const { gradients, others } of [own, expected]) dispose([...gradients.values(), ...others])
        dispose(feeds.values())
      }
      expect(countTensors(engine)).toEqual(before)
      expect(model.readWeights()).toEqual(stock.readWeights())
      for (const each of [model, stock]) each.dispose()
    },
  )

  test('the loss is built twice for feeds of the same shapes, where operations can be called again', async () => {
    const engine = await loadEngine({ prefer: name })
    const calls = await countBuilds(engine, (x) => ({ loss: engine.tf.sum(x) }))
    expect(calls).toBe(name === 'tensorflow' ? 2 : 6)
  })

  test.for([
    ['a number that changes', (tf: Tf, x: Tensor, call: number) => tf.mul(x, call)],
    ['a tensor that is not fed', (tf: Tf, x: Tensor, _: number, other: Tensor) => tf.mul(x, other)],
    ['a value that was read', (tf: Tf, x: Tensor) => tf.mul(x, x.dataSync()[0]! > 0 ? 2 : 3)],
    ['operations that change', (tf: Tf, x: Tensor, call: number) => (call % 2 > 0 ? tf.mul(x, x) : tf.square(x))],
  ] as const)('the loss is built at every call for %s', async ([, loss]) => {
    const engine = await loadEngine({ prefer: name })
    const other = engine.tf.scalar(2)
    // So that it is the engine's already.
    engine.tf.neg(other).dispose()
    const calls = await countBuilds(engine, (x, call) => ({ loss: engine.tf.sum(loss(engine.tf, x, call, other)) }))
    other.dispose()
    expect(calls).toBe(6)
  })
})

/** How often of six calls a loss of the kernel of a small network is built; checks the gradient at each. */
async function countBuilds(engine: Engine, lossOf: (x: Tensor, call: number) => Loss): Promise<number> {
  const { tf } = engine
  const model = openNetwork(engine, 'mobilenetV2')
  const parameter = 'logits/kernel'
  let [call, builds] = [0, 0]
  const kernel = model.variables.get(parameter)!
  const build = (feeds: Feeds): Loss => {
    builds++
    return lossOf(tf.mul(kernel, feeds.get('x')!), call)
  }
  const differentiate = gradientFunction(model, [parameter], build)
  for (; call < 6; call++) {
    const feeds = new Map([['x', tf.scalar(1 + call)]])
    const found = differentiate(feeds)
    const plain = new Map<string, Tensor>()
    builds--
    expect(found.loss).toBe(addGradients(model, () => build(feeds).loss, [parameter], plain))
    expect(found.gradients.get(parameter)!.dataSync()).toEqual(plain.get(parameter)!.dataSync())
    dispose([...feeds.values(), ...found.gradients.values(), ...plain.values()])
  }
  model.dispose()
  return builds
}

test.runIf(testEngines.includes('tensorflow'))('one tensor that is fed twice may be two the next time', async () => {
  const engine = await loadEngine({ prefer: 'tensorflow' })
  const { tf } = engine
  const model = openNetwork(engine, 'mobilenetV2')
  const difference = replayable(model, (feeds) => [tf.sub(feeds.get('a')!, feeds.get('b')!)])
  const [a, b] = [tf.scalar(3), tf.scalar(1)]
  const ask = (x: Tensor, y: Tensor): number => {
    const [found] = difference(new Map([['a', x], ['b', y]])) // prettier-ignore
    const value = found!.dataSync()[0]!
    found!.dispose()
    return value
  }
  expect([ask(a, a), ask(a, a), ask(a, b), ask(a, b), ask(b, a)]).toEqual([0, 0, 2, 2, -2])
  dispose([a, b])
  model.dispose()
})

test.runIf(testEngines.includes('tensorflow'))(
  'an operation that fails when called again leaves nothing behind, and writes no variable',
  async () => {
    const engine = await loadEngine({ prefer: 'tensorflow' })
    const { tf } = engine
    const backend = nativeBackend(tf)
    const model = openNetwork(engine, 'mobilenetV2')
    const attributes = [
      floatType(backend),
      { name: 'message', type: backend.binding.TF_ATTR_STRING, value: 'not a number here' },
    ]
    const checked = tf.customGrad((x) => ({
      value: backend.executeSingleOutput('CheckNumerics', attributes, [x as Tensor]),
      gradFunc: (dy: Tensor) => dy,
    }))
    const moving = model.variables.get('bn_Conv1/movingMean')!
    const kernel = model.variables.get('logits/kernel')!
    let builds = 0
    const differentiate = gradientFunction(model, ['logits/kernel'], (feeds) => {
      builds++
      moving.assign(tf.add(moving, 1))
      return { loss: tf.sum(checked(tf.mul(kernel, feeds.get('factor')!))) }
    })
    const call = (factor: number): void => {
      const feed = tf.tidy(() => tf.scalar(factor).clone())
      // So that the fed number is the engine's already.
      tf.neg(feed).dispose()
      const before = countTensors(engine)
      try {
        const { gradients } = differentiate(new Map([['factor', feed]]))
        dispose(gradients.values())
      } finally {
        expect(countTensors(engine)).toEqual(before)
        feed.dispose()
      }
    }
    const start = moving.dataSync()[0]!
    // The weights go over to the engine as well.
    for (const variable of model.variables.values()) tf.neg(variable).dispose()
    for (const factor of [1, 2, 3]) call(factor)
    expect(builds).toBe(2)
    expect(() => {
      call(NaN)
    }).toThrow('not a number here')
    expect(moving.dataSync()[0]).toBe(start + 3)
    model.dispose()
  },
)
