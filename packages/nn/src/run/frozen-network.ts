import type { Tensor } from '@tensorflow/tfjs-core'
import type { EngineName } from '../engine/engine.js'
import { loadEngine } from '../engine/load-engine.js'
import type { Graph, Weights } from '../graph/graph.js'
import { sizeOf } from '../graph/parameters.js'
import { uniformStream } from '../graph/random.js'
import { exportOnnx } from '../onnx/export-onnx.js'
import { openOnnxCrew } from '../onnx/onnx-crew.js'
import { OnnxExtractor } from '../onnx/onnx-extractor.js'
import { agreementOf, hasAgreed, rememberAgreement } from './agreed-networks.js'
import { createGraphModel, type GraphModel } from './graph-model.js'
import { noEngine } from '../errors.js'

/** A network in inference mode, ready to run on batches. */
export interface FrozenNetwork {
  /** What computes. */
  readonly runner: 'onnx' | EngineName
  /** Batches it computes at a time: `run` may be called so often before the first is done. */
  readonly numAtOnce: number
  /**
   * Outputs of a batch, in the order they were asked for; fresh arrays, batch first.
   *
   * @param batch - Preprocessed pictures, `[numImages, height, width, channels]`; taken over, empty afterwards if a thread computes it.
   */
  run(batch: Float32Array, numImages: number): Promise<readonly Float32Array[]>
  dispose(): Promise<void>
}

/** Options of {@link openFrozenNetwork}. */
export interface FrozenNetworkOptions {
  /** Nodes whose values are wanted. */
  readonly outputs: readonly string[]
  /** `auto` (default): ONNX Runtime where it loads and agrees with the tensor engine, else the tensor engine. */
  readonly runner?: 'auto' | 'onnx' | 'engine'
  readonly engine?: 'auto' | EngineName
  /** Threads of ONNX Runtime, default 1: JavaScript's own. With more, each computes whole batches beside it; results are the same. */
  readonly threads?: number
  /** Compare ONNX Runtime with the tensor engine on two random pictures first, once for a network on a machine; default true. */
  readonly selfCheck?: boolean
  /** Told why ONNX Runtime is not used. */
  readonly log?: (line: string) => void
}

/** Largest difference between ONNX Runtime and the tensor engine, relative to the largest value. */
const TOLERANCE = 1e-3

/** Opens a frozen network on the fastest runner that computes it correctly here. */
export async function openFrozenNetwork(
  graph: Graph,
  weights: Weights,
  options: FrozenNetworkOptions,
): Promise<FrozenNetwork> {
  const { outputs, runner = 'auto', log, selfCheck = true } = options
  if (runner === 'engine') return openOnEngine(graph, weights, options)
  try {
    const onnx = exportOnnx(graph, weights, { outputs })
    const network = await openOnOnnx(onnx, graph, options)
    if (selfCheck) await checkOnce(onnx, () => compareWithEngine(network, graph, weights, options))
    return network
  } catch (cause) {
    if (runner === 'onnx') throw cause
    log?.(`ONNX Runtime is not used (${cause instanceof Error ? cause.message : String(cause)})`)
    return openOnEngine(graph, weights, options)
  }
}

/** @param check - Throws where the network does not agree. Not called where it has agreed on this machine. */
async function checkOnce(onnx: Uint8Array, check: () => Promise<void>): Promise<void> {
  const agreement = agreementOf(onnx)
  if (hasAgreed(agreement)) return
  await check()
  rememberAgreement(agreement)
}

async function openOnOnnx(
  onnx: Uint8Array,
  graph: Graph,
  { threads = 1 }: FrozenNetworkOptions,
): Promise<FrozenNetwork> {
  if (threads === 1) {
    const session = await OnnxExtractor.create(onnx)
    return {
      runner: 'onnx',
      numAtOnce: 1,
      run: (batch, numImages) => session.run(batch, numImages),
      dispose: () => session.dispose(),
    }
  }
  const crew = await openOnnxCrew(onnx, { threads, inputShape: graph.inputShape })
  return {
    runner: 'onnx',
    numAtOnce: threads,
    run: (batch, numImages) => crew.run(batch, numImages),
    dispose: () => crew.close(),
  }
}

async function openOnEngine(graph: Graph, weights: Weights, options: FrozenNetworkOptions): Promise<FrozenNetwork> {
  const engine = await loadEngine({ ...(options.engine === undefined ? {} : { prefer: options.engine }) })
  const model = createGraphModel(engine, graph, weights)
  return {
    runner: engine.name,
    numAtOnce: 1,
    run: (batch, numImages) => Promise.resolve(runOnce(model, batch, numImages, options.outputs)),
    dispose: () => {
      model.dispose()
      return Promise.resolve()
    },
  }
}

function runOnce(
  model: GraphModel,
  batch: Float32Array,
  numImages: number,
  outputs: readonly string[],
): Float32Array[] {
  const { tf } = model.engine
  const input = tf.tensor(batch, [numImages, ...model.graph.inputShape])
  const values = model.evaluate(new Map<string, Tensor>([['input', input]]), outputs)
  const arrays = values.map((value) => Float32Array.from(value.dataSync<'float32'>()))
  for (const tensor of [input, ...values]) tensor.dispose()
  return arrays
}

/** Compares both on two random pictures; the network is closed where they differ. */
async function compareWithEngine(
  network: FrozenNetwork,
  graph: Graph,
  weights: Weights,
  options: FrozenNetworkOptions,
): Promise<void> {
  try {
    const reference = await openOnEngine(graph, weights, options)
    try {
      await compare(graph, network, reference, options.outputs)
    } finally {
      await reference.dispose()
    }
  } catch (cause) {
    await network.dispose()
    throw cause
  }
}

async function compare(
  graph: Graph,
  network: FrozenNetwork,
  reference: FrozenNetwork,
  outputs: readonly string[],
): Promise<void> {
  const uniform = uniformStream(1)
  const batch = Float32Array.from({ length: 2 * sizeOf(graph.inputShape) }, () => 2 * uniform() - 1)
  const [a, b] = [await network.run(batch.slice(), 2), await reference.run(batch, 2)]
  for (const [i, name] of outputs.entries()) {
    const scale = a[i]!.reduce((max, value) => Math.max(max, Math.abs(value)), 1e-6)
    const worst = a[i]!.reduce((max, value, at) => Math.max(max, Math.abs(value - b[i]![at]!)), 0)
    if (!(worst <= TOLERANCE * scale)) {
      throw noEngine(`"${name}" differs from ${reference.runner} by ${(worst / scale).toExponential(1)}`, {
        expected: `at most ${TOLERANCE} of the largest value`,
        hint: 'set runner: engine',
      })
    }
  }
}
