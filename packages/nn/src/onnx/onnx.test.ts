import { describe, expect, test } from 'vitest'
import { buildArchitecture } from '../architectures/build-architecture.js'
import { architectures } from '../architectures/catalogue.js'
import type { Graph, GraphNode, Operation, Weights, WeightTensor } from '../graph/graph.js'
import { withHead } from '../graph/head.js'
import { initWeights } from '../graph/init-weights.js'
import { parametersOf, sizeOf } from '../graph/parameters.js'
import { hashString, uniformStream } from '../graph/random.js'
import { runReference } from '../graph/run-reference.js'
import { exportOnnx } from './export-onnx.js'
import { nhwcToNchw, OnnxExtractor } from './onnx-extractor.js'

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
    const window = { kernel: [3, 3], strides: [1, 1] } as const
    const pointwise = { kernel: [1, 1], strides: [1, 1], padding: 'valid', bias: true } as const
    const layers: readonly (readonly [name: string, inputs: readonly string[], operation: Operation])[] = [
      ['r', ['input'], { op: 'rescale', scale: [0.5, 1, 2], offset: [0.1, 0, -0.1] }],
      ['c', ['r'], { op: 'conv', filters: 6, kernel: [3, 5], strides: [2, 1], padding: 'same', bias: true }],
      ['n', ['c'], { op: 'batchNorm', epsilon: 0.01, momentum: 0.9, scale: false, center: true }],
      ['a', ['n'], { op: 'activation', activation: 'hardSwish' }],
      ['d', ['a'], { op: 'depthwiseConv', ...window, padding: [0, 2, 1, 1], bias: true }],
      ['free', ['a'], { op: 'batchNorm', epsilon: 0.01, momentum: 0.9, scale: true, center: false }],
      ['s', ['d'], { op: 'activation', activation: 'swish' }],
      ['squeeze', ['s'], { op: 'globalAvgPool', keepDims: true }],
      ['excite', ['squeeze'], { op: 'conv', filters: 6, ...pointwise }],
      ['gate', ['excite'], { op: 'activation', activation: 'hardSigmoid' }],
      ['m', ['s', 'gate'], { op: 'multiply' }],
      ['k', ['m'], { op: 'scale', factor: 0.17 }],
      ['sum', ['k', 'free', 'a'], { op: 'add' }],
      ['ap', ['sum'], { op: 'avgPool', size: [3, 3], strides: [2, 2], padding: 'same' }],
      ['mp', ['sum'], { op: 'maxPool', size: [3, 3], strides: [2, 2], padding: 'same' }],
      ['cat', ['ap', 'mp'], { op: 'concat' }],
      ['pool', ['cat'], { op: 'globalMaxPool' }],
      ['fc', ['pool'], { op: 'dense', units: 4, bias: false }],
      ['p', ['fc'], { op: 'activation', activation: 'sigmoid' }],
    ]
    const nodes = layers.map(([name, inputs, operation]): GraphNode => ({ ...operation, name, inputs, stage: 'stem' }))
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

describe('convolutions of many weights on small maps', () => {
  const bias = true
  const [one, three] = [[1, 1] as const, [3, 3] as const]
  const layers: readonly (readonly [name: string, inputs: readonly string[], operation: Operation])[] = [
    ['c', ['input'], { op: 'conv', filters: 256, kernel: three, strides: [2, 2], padding: 'same', bias }],
    ['p', ['c'], { op: 'conv', filters: 256, kernel: three, strides: one, padding: 'same', bias }],
    ['r', ['p'], { op: 'activation', activation: 'relu6' }],
    ['q', ['r'], { op: 'conv', filters: 256, kernel: three, strides: [2, 1], padding: [1, 0, 0, 1], bias: false }],
    ['s', ['q'], { op: 'conv', filters: 2048, kernel: one, strides: one, padding: 'valid', bias }],
    ['t', ['c'], { op: 'conv', filters: 2048, kernel: one, strides: [3, 1], padding: [1, 2, 0, 0], bias }],
    ['u', ['s', 's'], { op: 'add' }],
    ['m', ['u'], { op: 'maxPool', size: [2, 2], strides: one, padding: 'valid' }],
    ['v', ['u'], { op: 'scale', factor: 0.3 }],
    ['pool', ['v'], { op: 'globalAvgPool', keepDims: false }],
  ]
  const graph: Graph = {
    architecture: 'small',
    inputShape: [8, 7, 3],
    nodes: layers.map(([name, inputs, operation]): GraphNode => ({ ...operation, name, inputs, stage: 'stem' })),
    featureNode: 'pool',
    featureWidth: 2048,
    lastSpatialNode: 'v',
  }

  test('agree with the plain evaluation', () => compare(graph, ['pool', 'p', 'q', 's', 't', 'm']))

  test('give a picture the same bits in any batch', async () => {
    const extractor = await OnnxExtractor.create(exportOnnx(graph, livelyWeights(graph)))
    const input = picture(graph, 7)
    const together = await extractor.extract(input, 7)
    const size = sizeOf(graph.inputShape)
    for (let i = 0; i < 7; i++) {
      const alone = await extractor.extract(input.slice(i * size, (i + 1) * size), 1)
      expect(alone).toEqual(together.slice(i * 2048, (i + 1) * 2048))
    }
    await extractor.dispose()
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

test('turns pictures to the axis order of PyTorch', () => {
  expect([...nhwcToNchw(Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8), 2, 2)]).toEqual([1, 3, 2, 4, 5, 7, 6, 8])
  expect(() => nhwcToNchw(new Float32Array(5), 1, 3)).toThrow('5 values are not 1 pictures')
})

test('refuses a batch of another size and a file that is no network', async () => {
  const graph = buildArchitecture('mobilenetV1', { inputSize: 32, width: 0.25 })
  const extractor = await OnnxExtractor.create(exportOnnx(graph, initWeights(graph, 1)))
  expect(extractor.inputShape).toEqual([32, 32, 3])
  await expect(extractor.run(new Float32Array(7), 1)).rejects.toMatchObject({
    code: 'ERR_SHAPE_MISMATCH',
    expected: '3072 values',
    received: '7 values',
  })
  await extractor.dispose()
  await expect(OnnxExtractor.create(new Uint8Array(8))).rejects.toThrow()
})
