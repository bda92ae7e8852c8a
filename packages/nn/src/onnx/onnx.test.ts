import { describe, expect, test } from 'vitest'
import { buildArchitecture } from '../architectures/build-architecture.js'
import { architectures } from '../architectures/catalogue.js'
import type { Graph, GraphNode, Weights, WeightTensor } from '../graph/graph.js'
import { withHead } from '../graph/head.js'
import { initWeights } from '../graph/init-weights.js'
import { parametersOf, sizeOf } from '../graph/parameters.js'
import { hashString, uniformStream } from '../graph/random.js'
import { runReference } from '../graph/run-reference.js'
import { exportOnnx } from './export-onnx.js'
import { OnnxExtractor } from './onnx-extractor.js'

/** Weights with lively batch norms, so that folding and epsilon show. */
function livelyWeights(graph: Graph): Weights {
  const weights = new Map<string, WeightTensor>(initWeights(graph, 3))
  for (const { name, shape } of parametersOf(graph)) {
    if (shape.length !== 1) continue
    const uniform = uniformStream(hashString(name))
    const base = name.endsWith('gamma') || name.endsWith('movingVariance') ? 1 : 0
    weights.set(name, {
      shape,
      data: Float32Array.from({ length: sizeOf(shape) }, () => base + 0.4 * (uniform() - 0.5)),
    })
  }
  return weights
}

function picture(graph: Graph, numImages: number): Float32Array {
  const uniform = uniformStream(11)
  return Float32Array.from({ length: numImages * sizeOf(graph.inputShape) }, () => 2 * uniform() - 1)
}

async function compare(graph: Graph, outputs: readonly string[]): Promise<void> {
  const weights = livelyWeights(graph)
  const input = picture(graph, 2)
  const extractor = await OnnxExtractor.create(exportOnnx(graph, weights, { outputs }))
  const actual = await extractor.run(input, 2)
  await extractor.dispose()
  const size = sizeOf(graph.inputShape)
  const expected = [
    runReference(graph, weights, input.subarray(0, size)),
    runReference(graph, weights, input.subarray(size)),
  ]
  for (const [index, name] of outputs.entries()) {
    const reference = expected.flatMap((values) => [...values.get(name)!])
    expect(actual[index]).toHaveLength(reference.length)
    const scale = Math.max(...reference.map(Math.abs))
    expect(scale).toBeGreaterThan(1e-6)
    const difference = Math.max(...reference.map((value, i) => Math.abs(value - actual[index]![i]!)))
    expect(difference / scale).toBeLessThan(1e-4)
  }
}

describe('exported networks agree with the plain evaluation', () => {
  // The large networks are compared with their peers' own outputs in architectures/peer-fixtures.test.ts.
  const cases = Object.entries(architectures).flatMap(([name, entry]) =>
    entry.variants.flatMap((variant) =>
      entry.parameterCount[variant]! < 9e6 ? [{ name, variant, size: entry.minInputSize + 1 }] : [],
    ),
  )
  test.each(cases)('$name $variant at $size px', async ({ name, variant, size }) => {
    const graph = withHead(buildArchitecture(name, { inputSize: size, variant }), {
      numClasses: 3,
      hidden: [5],
      dropout: 0.2,
    })
    await compare(graph, [graph.featureNode, graph.logitsNode!, graph.lastSpatialNode])
  })

  test('every operation, odd sizes and paddings', async () => {
    const nodes: GraphNode[] = []
    const add = (node: Omit<GraphNode, 'stage'>): void => void nodes.push({ ...node, stage: 'stem' } as GraphNode)
    add({ op: 'rescale', scale: [0.5, 1, 2], offset: [0.1, 0, -0.1], name: 'r', inputs: ['input'] } as GraphNode)
    add({
      op: 'conv',
      filters: 6,
      kernel: [3, 5],
      strides: [2, 1],
      padding: 'same',
      bias: true,
      name: 'c',
      inputs: ['r'],
    } as GraphNode)
    add({
      op: 'batchNorm',
      epsilon: 0.01,
      momentum: 0.9,
      scale: false,
      center: true,
      name: 'n',
      inputs: ['c'],
    } as GraphNode)
    add({ op: 'activation', activation: 'hardSwish', name: 'a', inputs: ['n'] } as GraphNode)
    add({
      op: 'depthwiseConv',
      kernel: [3, 3],
      strides: [1, 1],
      padding: [0, 2, 1, 1],
      bias: true,
      name: 'd',
      inputs: ['a'],
    } as GraphNode)
    add({
      op: 'batchNorm',
      epsilon: 0.01,
      momentum: 0.9,
      scale: true,
      center: false,
      name: 'free',
      inputs: ['a'],
    } as GraphNode)
    add({ op: 'activation', activation: 'swish', name: 's', inputs: ['d'] } as GraphNode)
    add({ op: 'globalAvgPool', keepDims: true, name: 'squeeze', inputs: ['s'] } as GraphNode)
    add({
      op: 'conv',
      filters: 6,
      kernel: [1, 1],
      strides: [1, 1],
      padding: 'valid',
      bias: true,
      name: 'excite',
      inputs: ['squeeze'],
    } as GraphNode)
    add({ op: 'activation', activation: 'hardSigmoid', name: 'gate', inputs: ['excite'] } as GraphNode)
    add({ op: 'multiply', name: 'm', inputs: ['s', 'gate'] })
    add({ op: 'scale', factor: 0.17, name: 'k', inputs: ['m'] } as GraphNode)
    add({ op: 'add', name: 'sum', inputs: ['k', 'free', 'a'] })
    add({ op: 'avgPool', size: [3, 3], strides: [2, 2], padding: 'same', name: 'ap', inputs: ['sum'] } as GraphNode)
    add({ op: 'maxPool', size: [3, 3], strides: [2, 2], padding: 'same', name: 'mp', inputs: ['sum'] } as GraphNode)
    add({ op: 'concat', name: 'cat', inputs: ['ap', 'mp'] })
    add({ op: 'globalMaxPool', name: 'pool', inputs: ['cat'] })
    add({ op: 'dense', units: 4, bias: false, name: 'fc', inputs: ['pool'] } as GraphNode)
    add({ op: 'activation', activation: 'sigmoid', name: 'p', inputs: ['fc'] } as GraphNode)
    const graph: Graph = {
      architecture: 'zoo',
      inputShape: [9, 12, 3],
      nodes,
      featureNode: 'pool',
      featureWidth: 12,
      lastSpatialNode: 'cat',
      logitsNode: 'fc',
    }
    await compare(graph, ['p', 'c', 'n', 'gate', 'cat'])
  })
})

test('names an output that does not exist', () => {
  const graph = buildArchitecture('resnet18', { inputSize: 32 })
  expect(() => exportOnnx(graph, initWeights(graph, 1), { outputs: ['nowhere'] })).toThrow(/nowhere/)
})

test('names a missing weight', () => {
  const graph = buildArchitecture('resnet18', { inputSize: 32 })
  expect(() => exportOnnx(graph, new Map())).toThrow(/weight ".*" is missing/)
})
