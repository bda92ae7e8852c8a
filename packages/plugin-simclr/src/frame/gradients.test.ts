import {
  createGraphModel,
  disposeGradients,
  initWeights,
  loadEngine,
  normalStream,
  type Gradients,
  type Graph,
} from '@etsef/nn'
import { testEngines } from '@etsef/nn/testing'
import { describe, expect, test } from 'vitest'
import { simclrMethod } from '../nt-xent/simclr-method.js'
import { simsiamMethod } from '../simsiam/simsiam-method.js'
import { smallHead, tinyBackbone } from '../testing/tiny-run.js'
import { addStepGradients, stepFunctions } from './gradients.js'

/** Its batch norms would see a chunk's moments, which is the one difference that caching makes. */
const withoutNorm: Graph = {
  ...tinyBackbone,
  nodes: tinyBackbone.nodes
    .filter(({ op }) => op !== 'batchNorm')
    .map((node) => (node.name === 'relu' ? { ...node, inputs: ['conv'] } : node)),
}
const methods = [
  simclrMethod(smallHead, 0.2),
  simclrMethod({ ...smallHead, batchNorm: 'published' }, 0.2),
  simsiamMethod({ ...smallHead, batchNorm: 'affineless' }, 8),
]
const numImages = 7
const length = 32 * 32 * 3
const normal = normalStream(3)
const pictures = Float32Array.from({ length: 2 * numImages * length }, normal)

/** Views `start` to `end` − 1 of both halves. */
const views = (start: number, end: number): Promise<Float32Array> =>
  Promise.resolve(
    Float32Array.from([
      ...pictures.subarray(start * length, end * length),
      ...pictures.subarray((numImages + start) * length, (numImages + end) * length),
    ]),
  )

describe.each(testEngines)('on %s', (name) => {
  const gradientsOf = async (graph: Graph, method: (typeof methods)[number], chunk: number) => {
    const engine = await loadEngine({ prefer: name })
    const before = engine.tf.memory().numTensors
    const network = method.network(graph)
    const model = createGraphModel(engine, network, initWeights(network, 1))
    const gradients: Gradients = new Map()
    const batch = { numImages, labels: new Int32Array(numImages).fill(-1) }
    const functions = stepFunctions(model, method)
    const { loss } = await addStepGradients({ model, method, functions, batch, views, chunk }, gradients)
    const values = new Map([...gradients].map(([key, tensor]) => [key, Array.from(tensor.dataSync<'float32'>())]))
    const moving = [...model.readWeights()].filter(([key]) => key.includes('moving'))
    disposeGradients(gradients)
    model.dispose()
    expect(engine.tf.memory().numTensors).toBe(before)
    return { loss, values, moving }
  }
  test.for(methods.map((method, i) => [i, method] as const))(
    'the cached gradient is the plain one, for any chunk (head %s)',
    async ([, method]) => {
      const plain = await gradientsOf(withoutNorm, method, numImages)
      for (const chunk of [1, 3, 6]) {
        const cached = await gradientsOf(withoutNorm, method, chunk)
        expect(cached.loss).toBeCloseTo(plain.loss, 5)
        expect([...cached.values.keys()].sort()).toEqual([...plain.values.keys()].sort())
        for (const [key, values] of plain.values) {
          const scale = Math.max(...values.map(Math.abs))
          const error = Math.max(...values.map((value, i) => Math.abs(value - cached.values.get(key)![i]!)))
          expect(error, key).toBeLessThan(1e-5 * Math.max(1, scale))
        }
        // The head's moving statistics see the whole batch, once.
        for (const [i, [, { data }]] of plain.moving.entries()) {
          for (const [j, value] of data.entries()) expect(cached.moving[i]![1].data[j]).toBeCloseTo(value, 4)
        }
      }
    },
  )
  test('chunks move the moving statistics of the backbone once each', async () => {
    const { moving } = await gradientsOf(tinyBackbone, methods[0]!, 4)
    const [, variance] = moving
    // Two chunks of momentum 0.9: what is left of the first value, 1, is 0.81.
    const engine = await loadEngine({ prefer: name })
    const network = methods[0]!.network(tinyBackbone)
    const model = createGraphModel(engine, network, initWeights(network, 1))
    const expected = new Float64Array(16).fill(1)
    for (const [start, end] of [
      [0, 4],
      [4, 7],
    ] as const) {
      // prettier-ignore
      const values = engine.tf.tidy(() => {
        const feed = engine.tf.tensor4d([...(pictures.subarray(start * length, end * length)), ...pictures.subarray((numImages + start) * length, (numImages + end) * length)], [2 * (end - start), 32, 32, 3]) // prettier-ignore
        return model.evaluate(new Map([['input', feed]]), ['conv'])[0]!.dataSync<'float32'>()
      })
      const count = values.length / 16
      for (let c = 0; c < 16; c++) {
        let [sum, square] = [0, 0]
        for (let i = 0; i < count; i++) {
          sum += values[i * 16 + c]!
          square += values[i * 16 + c]! ** 2
        }
        expected[c] = 0.9 * expected[c]! + 0.1 * ((square - sum ** 2 / count) / (count - 1))
      }
    }
    model.dispose()
    for (const [c, value] of expected.entries()) expect(variance![1].data[c]! / value).toBeCloseTo(1, 3)
  })
})
