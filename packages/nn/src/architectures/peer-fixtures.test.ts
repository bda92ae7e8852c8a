import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Graph, GraphNode, Weights, WeightTensor } from '../graph/graph.js'
import { withHead } from '../graph/head.js'
import { countParameters, parametersOfNode, sizeOf } from '../graph/parameters.js'
import { hashString, mixBits } from '../graph/random.js'
import { inferShapes } from '../graph/shapes.js'
import { testEngines } from '../engine/test-engines.js'
import { openFrozenNetwork } from '../run/frozen-network.js'
import { weightsFromKeras } from '../weights/from-keras.js'
import { weightsFromTorch } from '../weights/from-torch.js'
import { buildWithNames } from './build-architecture.js'
import type { BuiltArchitecture } from './graph-builder.js'
import type { Variant } from './variant.js'

/** One line of peer-fixtures.json, written by tools/peers/nn-fixtures.py. */
interface Fixture {
  readonly architecture: string
  readonly variant: Variant
  readonly width: number
  readonly inputSize: number
  readonly peer: string
  readonly peerName: string
  readonly gain: number
  readonly parameters: number
  readonly weights: number
  readonly checksum: number
  readonly featureWidth: number
  readonly features: string
  readonly logits?: string
}

const fixtures = JSON.parse(readFileSync(join(import.meta.dirname, 'peer-fixtures.json'), 'utf8')) as readonly Fixture[]
const NUM_CLASSES = 7
/** The largest networks take half a minute on a busy machine. */
const TIMEOUT_MS = 180_000

/** Numbers in [-1, 1) as the peer script draws them, times `factor`, plus `offset`. */
function uniform(name: string, count: number, factor = 1, offset = 0): Float32Array {
  const seed = hashString(name)
  const values = new Float32Array(count)
  for (let i = 0; i < count; i++)
    values[i] = offset + factor * ((mixBits((seed + Math.imul(i + 1, 0x9e3779b9)) >>> 0) / 2 ** 32) * 2 - 1)
  return values
}

type Role = 'kernel' | 'gamma' | 'variance' | 'other'

function peerWeight(name: string, role: Role, shape: readonly number[], fanIn: number, gain: number): WeightTensor {
  const factor = { kernel: Math.sqrt(gain / fanIn), gamma: 0.2, variance: 0.5, other: 0.2 }[role]
  const offset = role === 'gamma' || role === 'variance' ? 1 : 0
  return { shape, data: uniform(name, sizeOf(shape), factor, offset) }
}

const ROLES: Readonly<Record<string, Role>> = { kernel: 'kernel', gamma: 'gamma', movingVariance: 'variance' }

/** The peer's state, in its names and layouts, from our graph. */
function peerState(graph: Graph, built: BuiltArchitecture, fixture: Fixture): Weights {
  const library = fixture.peer.split(' ')[0]
  const shapes = inferShapes(graph)
  const state = new Map<string, WeightTensor>()
  for (const node of graph.nodes) {
    for (const spec of parametersOfNode(node, shapes.get(node.inputs[0]!)!)) {
      const parameter = spec.name.slice(node.name.length + 1)
      const [name, shape] =
        library === 'keras'
          ? kerasEntry(node, parameter, spec.shape, built)
          : torchEntry(node, parameter, spec.shape, library === 'timm' ? built.timmNames : built.torchvisionNames)
      const fanIn = node.op === 'depthwiseConv' ? node.kernel[0] * node.kernel[1] : sizeOf(spec.shape.slice(0, -1))
      state.set(name, peerWeight(name, ROLES[parameter] ?? 'other', shape, fanIn, fixture.gain))
    }
  }
  return state
}

function kerasEntry(
  node: GraphNode,
  parameter: string,
  shape: readonly number[],
  { kerasNames }: BuiltArchitecture,
): readonly [string, readonly number[]] {
  const layer = kerasNames.get(node.name) ?? node.name
  const isSeparable = node.name !== layer && layer.includes('sepconv')
  const names: Readonly<Record<string, string>> = {
    kernel: isSeparable ? (node.op === 'depthwiseConv' ? 'depthwise_kernel' : 'pointwise_kernel') : 'kernel',
    movingMean: 'moving_mean',
    movingVariance: 'moving_variance',
  }
  return [`${layer}/${names[parameter] ?? parameter}`, shape]
}

function torchEntry(
  node: GraphNode,
  parameter: string,
  shape: readonly number[],
  names: ReadonlyMap<string, string>,
): readonly [string, readonly number[]] {
  const leaf: Readonly<Record<string, string>> = {
    kernel: 'weight',
    gamma: 'weight',
    beta: 'bias',
    movingMean: 'running_mean',
    movingVariance: 'running_var',
  }
  const key = `${names.get(node.name) ?? `unnamed ${node.name}`}.${leaf[parameter] ?? parameter}`
  if (parameter !== 'kernel') return [key, shape]
  if (node.op === 'dense') return [key, [shape[1]!, shape[0]!]]
  const [height, width, third, fourth] = shape as [number, number, number, number]
  return [key, node.op === 'depthwiseConv' ? [third, 1, height, width] : [fourth, third, height, width]]
}

function decode(text: string): Float32Array {
  return new Float32Array(new Uint8Array(Buffer.from(text, 'base64')).buffer)
}

function relativeDifference(actual: ArrayLike<number>, expected: Float32Array): number {
  const scale = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  return expected.reduce((most, value, i) => Math.max(most, Math.abs(value - actual[i]!)), 0) / scale
}

type Runner = 'onnx' | (typeof testEngines)[number]

async function run(graph: Graph, weights: Weights, runner: Runner): Promise<readonly Float32Array[]> {
  const outputs = [graph.featureNode, ...(graph.logitsNode === undefined ? [] : [graph.logitsNode])]
  const where = runner === 'onnx' ? ({ runner } as const) : ({ runner: 'engine', engine: runner } as const)
  const network = await openFrozenNetwork(graph, weights, { outputs, ...where, selfCheck: false })
  const values = await network.run(uniform('input', sizeOf(graph.inputShape)), 1)
  await network.dispose()
  return values
}

function everySixteenth(values: Float32Array): Float32Array {
  return values.filter((_, i) => i % 16 === 0)
}

test.each(['mobilenetV2', 'mobilenetV3Large', 'efficientnetB0'])('tells the variants of %s apart', async (name) => {
  const fixture = fixtures.find((item) => item.architecture === name && item.peer.startsWith('torchvision'))!
  const built = buildWithNames(name, fixture)
  const { weights } = weightsFromTorch(built.graph, peerState(built.graph, built, fixture), built)
  const other = await run(buildWithNames(name, { ...fixture, variant: 'keras' }).graph, weights, 'onnx')
  expect(relativeDifference(everySixteenth(other[0]!), decode(fixture.features))).toBeGreaterThan(1e-2)
})

describe.each(fixtures)('$architecture $variant width $width at $inputSize px', (fixture) => {
  const built = buildWithNames(fixture.architecture, fixture)
  // Every architecture runs everywhere; its further peers and variants on ONNX Runtime and the engine that trains here.
  const isFirst = fixtures.find((item) => item.architecture === fixture.architecture) === fixture
  const runners: readonly Runner[] = isFirst ? ['onnx', ...testEngines] : ['onnx', testEngines.at(-1)!]
  const graph = fixture.logits === undefined ? built.graph : withHead(built.graph, { numClasses: NUM_CLASSES })

  test(`has the ${fixture.parameters} parameters of ${fixture.peer} ${fixture.peerName}`, () => {
    expect(countParameters(built.graph).total).toBe(fixture.parameters)
    expect(built.graph.featureWidth).toBe(fixture.featureWidth)
  })

  test(
    `gives the outputs of ${fixture.peer} ${fixture.peerName} for the same weights on ${runners.join(', ')}`,
    async () => {
      const state = peerState(graph, built, fixture)
      if (fixture.logits !== undefined || fixture.peer.startsWith('keras')) {
        expect(state.size).toBe(fixture.weights)
        const lines = [...state].map(([name, { shape }]) => `${name} ${shape.join('x')}`).sort()
        expect(hashString(lines.join('\n'))).toBe(fixture.checksum)
      }
      const fitted = fixture.peer.startsWith('keras')
        ? weightsFromKeras(graph, state, built.kerasNames)
        : weightsFromTorch(graph, state, built)
      expect(fitted.unused).toEqual([])
      for (const runner of runners) {
        const [features, logits] = await run(graph, fitted.weights, runner)
        expect(relativeDifference(everySixteenth(features!), decode(fixture.features)), runner).toBeLessThan(1e-4)
        if (fixture.logits === undefined) continue
        expect(relativeDifference(logits!, decode(fixture.logits)), runner).toBeLessThan(1e-4)
      }
    },
    TIMEOUT_MS,
  )
})
