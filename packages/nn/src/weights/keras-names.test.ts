import { expect, test } from 'vitest'
import { buildWithNames } from '../architectures/build-architecture.js'
import type { Weights, WeightTensor } from '../graph/graph.js'
import { parametersOf, sizeOf } from '../graph/parameters.js'
import { weightsFromKeras } from './from-keras.js'

const KERAS_PARAMETERS: Readonly<Record<string, string>> = {
  movingMean: 'moving_mean',
  movingVariance: 'moving_variance',
}

/** Tensors of a network under names that `rename` makes from layer and Keras weight name; each holds its own number. */
function published(architecture: string, rename: (layer: string, weight: string) => string) {
  const { graph, kerasNames } = buildWithNames(architecture, { inputSize: 96, variant: 'keras' })
  const tensors = new Map<string, WeightTensor>()
  const expected = new Map<string, number>()
  for (const [index, { name, shape }] of parametersOf(graph).entries()) {
    const [node, parameter] = name.split('/') as [string, string]
    const layer = kerasNames.get(node) ?? node
    const part =
      layer.includes('sepconv') && parameter === 'kernel'
        ? node.endsWith('_depthwise')
          ? 'depthwise_kernel'
          : 'pointwise_kernel'
        : parameter
    // Shapes are what fitting checks; one number per tensor tells them apart without millions of values.
    const data = new Float32Array(sizeOf(shape) > 1e5 ? 1 : sizeOf(shape)).fill(index)
    tensors.set(rename(layer, KERAS_PARAMETERS[part] ?? part), { shape, data })
    expected.set(name, index)
  }
  return { graph, kerasNames, tensors: tensors as Weights, expected }
}

function expectFits({ graph, kerasNames, tensors, expected }: ReturnType<typeof published>): void {
  const { weights, unused } = weightsFromKeras(graph, tensors, kerasNames)
  expect(unused).toEqual([])
  for (const [name, index] of expected) expect(weights.get(name)!.data[0], name).toBe(index)
}

/** Layer names as in a session that has built `offset` such layers before. */
const later =
  (offset: number) =>
  (layer: string, weight: string): string => {
    const [, prefix, number = '0'] = /^(conv2d|batch_normalization)(?:_(\d+))?$/.exec(layer) ?? []
    const next = Number(number) + offset
    return `${prefix === undefined ? layer : next === 0 ? prefix : `${prefix}_${next}`}/${weight}:0`
  }

test.each(['xception', 'inceptionResnetV2'])('finds numbered layers of %s wherever the numbers start', (name) => {
  for (const offset of [0, 1, 3, 9, 95, 203]) {
    const set = published(name, later(offset))
    expectFits(set)
    // Files list their groups by name (`conv2d_10` before `conv2d_9`) or by depth, not by number.
    const byName = [...set.tensors].sort(([a], [b]) => (a < b ? -1 : 1))
    for (const order of [byName, [...byName].reverse()]) expectFits({ ...set, tensors: new Map(order) })
  }
})

test.each(['xception', 'inceptionResnetV2'])('finds %s between a model’s own convolutions', (name) => {
  const set = published(name, later(2))
  const own = (layer: string, shape: readonly number[]) =>
    [
      [`${layer}/kernel:0`, { shape, data: new Float32Array(sizeOf(shape)) }],
      [`${layer}/bias:0`, { shape: shape.slice(-1), data: new Float32Array(shape.at(-1)!) }],
    ] as const
  const mine = [...own('conv2d', [1, 1, 1, 3]), ...own('conv2d_1', [3, 3, 3, 3]), ...own('conv2d_999', [1, 1, 2, 2])]
  const { weights, unused } = weightsFromKeras(set.graph, new Map([...mine, ...set.tensors]), set.kerasNames)
  expect(unused).toEqual(mine.map(([layer]) => layer))
  for (const [parameter, index] of set.expected) expect(weights.get(parameter)!.data[0], parameter).toBe(index)
})

test('finds the layers of MobileNetV3 under their names in Keras 2', () => {
  const keras2 = (layer: string, weight: string): string => {
    const norm = layer.endsWith('_bn') ? '/BatchNorm' : ''
    const plain = layer.replace(/_bn$/, '')
    const block = /^(expanded_conv(?:_\d+)?)_(expand|depthwise|project|squeeze_excite_conv(?:_1)?)$/.exec(plain)
    const path =
      block === null
        ? plain.replace(/^conv/, 'Conv')
        : `${block[1]}/${block[2]!.replace('squeeze_excite_conv', 'squeeze_excite/Conv')}`
    return `${path}${norm}/${weight}:0`
  }
  const set = published('mobilenetV3Large', keras2)
  expect([...set.tensors.keys()]).toContain('expanded_conv_3/squeeze_excite/Conv_1/bias:0')
  expect([...set.tensors.keys()]).toContain('Conv_1/BatchNorm/gamma:0')
  expectFits(set)
})
