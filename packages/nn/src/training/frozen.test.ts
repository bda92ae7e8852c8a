import { createHash } from 'node:crypto'
import { describe, expect, test, vi } from 'vitest'
import { buildArchitecture } from '../architectures/build-architecture.js'
import { architectures } from '../architectures/catalogue.js'
import { loadEngine } from '../engine/load-engine.js'
import { testEngines } from '../engine/test-engines.js'
import type { Graph, Weights, WeightTensor } from '../graph/graph.js'
import { stagesOf, withHead } from '../graph/head.js'
import { initWeights } from '../graph/init-weights.js'
import { parametersOf, sizeOf } from '../graph/parameters.js'
import { uniformStream } from '../graph/random.js'
import type * as GraphModelModule from '../run/graph-model.js'
import type { LabelledSource } from './examples.js'
import { trainClassifier } from './train-classifier.js'

// A result takes its frozen weights from the input; what shows is what the engine's own variables hold in the end.
const atTheEnd = vi.hoisted((): { weights?: Weights } => ({}))
vi.mock('../run/graph-model.js', async (original) => {
  const module = await original<typeof GraphModelModule>()
  const createGraphModel: typeof module.createGraphModel = (...args) => {
    const model = module.createGraphModel(...args)
    const dispose = (): void => {
      atTheEnd.weights = model.readWeights()
      model.dispose()
    }
    return { ...model, dispose }
  }
  return { ...module, createGraphModel }
})

/** Three pictures of noise: of two, a batch norm over one pixel each has no gradient. */
function threePictures(side: number): LabelledSource {
  const uniform = uniformStream(5)
  const pixels = Float32Array.from({ length: 3 * side * side * 3 }, () => 2 * uniform() - 1)
  return { size: 3, labels: Int32Array.of(0, 1, 1), read: () => pixels.slice() }
}

/** Kernels of repeated noise: millions of drawn numbers would take longer than the step. */
function quickWeights(graph: Graph): Weights {
  const uniform = uniformStream(3)
  const period = Float32Array.from({ length: 4099 }, () => 2 * uniform() - 1)
  const kernels = parametersOf(graph).filter(({ name }) => name.endsWith('/kernel'))
  return initWeights(
    graph,
    3,
    new Map(
      kernels.map(({ name, shape }): [string, WeightTensor] => {
        const data = new Float32Array(sizeOf(shape))
        const isDepthwise = shape.length === 4 && shape[3] === 1
        const scale = Math.sqrt(6 / sizeOf(shape.slice(0, isDepthwise ? 2 : -1)))
        for (let i = 0, j = 0; i < data.length; i++, j = j === 4098 ? 0 : j + 1) data[i] = period[j]! * scale
        return [name, { shape, data }]
      }),
    ),
  )
}

function sha256({ data }: { readonly data: Float32Array }): string {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  return createHash('sha256').update(bytes).digest('hex')
}

const engineName = testEngines.at(-1)!
// WASM takes minutes for what TensorFlow does in seconds.
const names = Object.keys(architectures).filter((name) => engineName === 'tensorflow' || name.startsWith('mobilenet'))

// conformance.md B.2: in TensorFlow.js `fit` moves the statistics of frozen batch norms, and frozen networks in a `sequential` train.
describe.each(names)(`one step of %s on ${engineName} moves what learns and nothing else`, (name) => {
  const side = architectures[name]!.minInputSize
  const graph = withHead(buildArchitecture(name, { inputSize: side }), { numClasses: 2 })
  const stages = stagesOf(graph)
  const stageOf = new Map(graph.nodes.map((node) => [node.name, stages.indexOf(node.stage)]))
  const weights = quickWeights(graph)
  const before = new Map([...weights].map(([parameter, weight]) => [parameter, sha256(weight)]))

  test.each(['none', ...stages.slice(0, -1), 'backbone'])('freeze: %s', async (freeze) => {
    const engine = await loadEngine({ prefer: engineName })
    await trainClassifier({
      engine,
      graph,
      weights,
      train: threePictures(side),
      seed: 1,
      options: { epochs: 1, freeze },
    })
    const last = freeze === 'backbone' ? stages.length - 2 : stages.indexOf(freeze)
    const wrong = [...atTheEnd.weights!].filter(([parameter, weight]) => {
      const isFrozen = stageOf.get(parameter.slice(0, parameter.lastIndexOf('/')))! <= last
      if (isFrozen) return sha256(weight) !== before.get(parameter)
      return weight.data.every((value, i) => value === weights.get(parameter)!.data[i])
    })
    expect(wrong.map(([parameter]) => parameter)).toEqual([])
  })
})
