import { fc, test as prop } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { buildArchitecture } from '../architectures/build-architecture.js'
import { checkGraph } from './check-graph.js'
import { foldGraph, foldWeights } from './fold.js'
import type { Graph, GraphNode, Operation } from './graph.js'
import { stagesOf, withHead, withoutHead } from './head.js'
import { initParameter, initWeights } from './init-weights.js'
import { estimateMemory } from './memory.js'
import { countParameters, parametersOf } from './parameters.js'
import { hashString, mixBits, normalStream } from './random.js'
import { axisPadding, inferShapes, windowCount } from './shapes.js'

const small = buildArchitecture('mobilenetV1', { inputSize: 32, width: 0.25 })

describe('shapes', () => {
  // tf.nn.conv2d, TensorFlow 2.21: the odd zero goes to the end.
  test.each([
    [224, 3, 2, 0, 1],
    [225, 3, 2, 1, 1],
    [224, 7, 2, 2, 3],
    [224, 5, 2, 1, 2],
    [7, 1, 2, 0, 0],
    [5, 3, 1, 1, 1],
  ])(
    'same padding of %i pixels, kernel %i, stride %i is %i before and %i after',
    (size, kernel, stride, before, after) => {
      expect(axisPadding('same', 'height', size, kernel, stride)).toEqual([before, after])
    },
  )

  prop.prop([fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 3 })])(
    'same padding gives ceil(size / stride) outputs',
    (size, kernel, stride) => {
      expect(windowCount(size, kernel, stride, axisPadding('same', 'width', size, kernel, stride))).toBe(
        Math.ceil(size / stride),
      )
    },
  )

  const node = (operation: Operation, inputs = ['input']): GraphNode => ({
    ...operation,
    name: 'a',
    inputs,
    stage: 'stem',
  })
  const graph = (...nodes: readonly GraphNode[]): Graph => ({
    architecture: 'test',
    inputShape: [4, 4, 3],
    nodes,
    featureNode: 'a',
    featureWidth: 3,
    lastSpatialNode: 'a',
  })
  test.each([
    ['a name used twice', graph(node({ op: 'add' }), node({ op: 'add' })), /"a" exists twice/],
    ['an input that comes later', graph(node({ op: 'add' }, ['b'])), /"a" reads "b"/],
    [
      'a kernel larger than the picture',
      graph(node({ op: 'conv', filters: 1, kernel: [5, 5], strides: [1, 1], padding: 'valid', bias: false })),
      /"a" \(conv\) expected at least 5 x 5 pixels, received \[4, 4, 3\]/,
    ],
    [
      'a dense layer on a picture',
      graph(node({ op: 'dense', units: 1, bias: false })),
      /"a" \(dense\) expected \[channels\]/,
    ],
  ])('refuses %s', (_, wrong, message) => {
    expect(() => inferShapes(wrong)).toThrow(message)
  })
})

describe('heads', () => {
  const published = { numClasses: 4, hidden: [1024, 512, 256, 128], dropout: 0.3, dropoutBefore: 'features' } as const

  test('builds the published head with dropout before the last hidden layer', () => {
    const graph = withHead(small, published)
    expect(graph.nodes.filter((item) => item.stage === 'head').map((item) => item.name)).toEqual([
      ...[1, 2, 3].flatMap((i) => [`head_dense${i}`, `head_dense${i}_relu`]),
      'head_dropout',
      'head_dense4',
      'head_dense4_relu',
      'logits',
    ])
    expect(graph.featureNode).toBe('head_dense4_relu')
    expect(graph.featureWidth).toBe(128)
    expect(inferShapes(graph).get(graph.logitsNode!)).toEqual([4])
  })

  test('gives the pooled vector as features when there is no hidden layer', () => {
    expect(withHead(small, { numClasses: 2, dropout: 0.5 })).toMatchObject({ featureNode: 'pool', featureWidth: 256 })
  })

  test('replaces an old head and takes it off again', () => {
    expect(withHead(withHead(small, published), { numClasses: 2 })).toEqual(withHead(small, { numClasses: 2 }))
    expect(withoutHead(withHead(small, published))).toEqual(small)
  })

  test('pools by maximum on request', () => {
    const graph = withHead(small, { numClasses: 2, pooling: 'max' })
    expect(graph.featureNode).toBe('head_max_pool')
    expect(stagesOf(graph).at(-1)).toBe('head')
  })
})

describe('seeded weights', () => {
  test('are the same for the same seed and differ for another', () => {
    const [a, b, c] = [initWeights(small, 5), initWeights(small, 5), initWeights(small, 6)]
    for (const [name, { data }] of a)
      expect(Buffer.from(data.buffer).equals(Buffer.from(b.get(name)!.data.buffer))).toBe(true)
    expect(a.get('conv1/kernel')!.data).not.toEqual(c.get('conv1/kernel')!.data)
  })

  test('do not depend on the head', () => {
    const headed = initWeights(withHead(small, { numClasses: 3 }), 5)
    for (const [name, weight] of initWeights(small, 5))
      expect(Buffer.from(headed.get(name)!.data.buffer).equals(Buffer.from(weight.data.buffer))).toBe(true)
  })

  test('have the deviation of He et al. for the fan-in', () => {
    const { data } = initParameter({ name: 'k', shape: [3, 3, 64, 128], trainable: true, init: 'heNormal' }, 1)
    const mean = data.reduce((sum, value) => sum + value, 0) / data.length
    const variance = data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length
    expect(Math.abs(mean)).toBeLessThan(1e-3)
    expect(variance / (2 / (9 * 64))).toBeCloseTo(1, 1)
  })

  test('keep given weights and refuse those of another shape', () => {
    const given = { shape: [3], data: Float32Array.of(1, 2, 3) }
    expect(() => initWeights(small, 1, new Map([['conv1_bn/beta', given]]))).toThrow(
      expect.objectContaining({
        code: 'ERR_WEIGHTS',
        message: expect.stringContaining('conv1_bn/beta') as string,
        expected: '[8]',
        received: '[3]',
      }),
    )
  })

  test('come from the published hash functions', () => {
    // FNV-1a of "a" and MurmurHash3's finaliser of 1, by their reference code.
    expect(hashString('a')).toBe(0xe40c292c)
    expect(mixBits(1)).toBe(0x514e28b7)
    const normal = normalStream(1)
    const values = Array.from({ length: 10_000 }, normal)
    expect(values.reduce((sum, value) => sum + value * value, 0) / values.length).toBeCloseTo(1, 1)
  })
})

describe('folding', () => {
  test('takes every batch norm of a plain network away and keeps the count of others', () => {
    const folded = foldGraph(small)
    expect(folded.nodes.some((item) => item.op === 'batchNorm')).toBe(false)
    const weights = foldWeights(small, initWeights(small, 1))
    expect([...weights.keys()].sort()).toEqual(
      parametersOf(folded)
        .map(({ name }) => name)
        .sort(),
    )
  })

  test('leaves a convolution alone whose own output is wanted', () => {
    expect(foldGraph(small, ['conv1']).nodes.some((item) => item.name === 'conv1_bn')).toBe(true)
  })
})

describe('memory', () => {
  // Resident bytes of a training process at 224 px, batch 16, one thread, TensorFlow 2.21 (29 November 2026).
  test.each([
    ['resnet50', 3.52e9],
    ['mobilenetV2', 1.52e9],
  ])('estimate of training %s is within 15 %% of the measurement', (name, measured) => {
    const { totalBytes } = estimateMemory(buildArchitecture(name), { batchSize: 16, training: true })
    expect(Math.abs(totalBytes / measured - 1)).toBeLessThan(0.15)
  })
})

describe('graphs from files', () => {
  test.each(['resnet18', 'inceptionResnetV2', 'efficientnetV2S'])('%s survives JSON', (name) => {
    const graph = withHead(buildArchitecture(name), { numClasses: 2, hidden: [4], dropout: 0.1 })
    expect(checkGraph(JSON.parse(JSON.stringify(graph)))).toEqual(graph)
    expect(countParameters(graph).trainable).toBeLessThan(countParameters(graph).total)
  })

  const plain = JSON.parse(JSON.stringify(small)) as { nodes: Record<string, unknown>[]; featureWidth: number }
  test.each([
    [
      'an unknown operation',
      { ...plain, nodes: [{ ...plain.nodes[0], op: 'constructor' }] },
      /unknown operation "constructor"/,
    ],
    ['a huge layer', { ...plain, nodes: [{ ...plain.nodes[0], filters: 1e9 }] }, /filters 1000000000/],
    ['a wrong width', { ...plain, featureWidth: 3 }, /not 3 wide/],
    ['no object', null, /not an object/],
  ])('refuses %s', (_, value, message) => {
    expect(() => checkGraph(value)).toThrow(message)
  })
})
