import type { Graph } from './graph.js'
import { countParameters, sizeOf } from './parameters.js'
import { inferShapes } from './shapes.js'

/** Estimated resident bytes of running or training a network. */
export interface MemoryEstimate {
  /** Weights; for training with gradients, two moments, the best epoch's copy and what is on the way to a checkpoint. */
  readonly weightBytes: number
  /** Activations of one batch: those of all nodes that learn for training, with the few gradients at a time; the two largest for inference. */
  readonly activationBytes: number
  /** Sum, with the engine's own share. */
  readonly totalBytes: number
}

/** What {@link estimateMemory} is told. */
export interface MemoryOptions {
  /** Pictures that are on the tape at the same time. */
  readonly batchSize: number
  readonly training: boolean
  /** Names of the nodes that learn; default all. The rest is run in inference mode. */
  readonly learning?: ReadonlySet<string>
}

/** Resident bytes of a process that has only loaded the engine. */
const ENGINE_BYTES = 400e6
/** Copies of the weights while training. */
const WEIGHT_COPIES = 7.75
/** Peak over the sum of all outputs, which are freed on the way back; where depthwise convolutions rule, fewer buffers are rearranged for them. */
const TAPE = { depthwise: 0.87, plain: 1.05 }
/** Outputs and scratch that inference holds at a time, over the two largest. */
const INFERENCE = 2

/**
 * Memory estimate for the planner, in resident bytes at the peak, on the TensorFlow engine with one thread.
 *
 * Fitted to measured peaks (VmHWM) of ResNet18 and 50, Xception, MobileNetV2 and V3-Large, EfficientNet-B0 and InceptionResNetV2 at 96
 * to 224 px and batches of 4 to 16 (0.7 to 2.3 GB): within 8 % of each, the last one 17 % too high.
 */
export function estimateMemory(graph: Graph, options: MemoryOptions): MemoryEstimate {
  const shapes = inferShapes(graph)
  const learning = options.training ? options.learning : new Set<string>()
  const sizes = graph.nodes.map((node) => sizeOf(shapes.get(node.name)!))
  const learningSize = sizes.reduce(
    (sum, size, i) => (learning === undefined || learning.has(graph.nodes[i]!.name) ? sum + size : sum),
    0,
  )
  const largest = sizes.toSorted((a, b) => b - a).slice(0, 2)
  const inference = largest.reduce((sum, size) => sum + size, 0) * INFERENCE
  const elements = Math.max(learningSize * tapeFactor(graph), learning === undefined ? 0 : inference)
  const weightBytes = countParameters(graph).total * 4 * (options.training ? WEIGHT_COPIES : 1)
  const activationBytes = elements * 4 * options.batchSize
  return { weightBytes, activationBytes, totalBytes: ENGINE_BYTES + weightBytes + activationBytes }
}

/** Xception's separable convolutions keep the activations before them apart and behave like plain ones. */
function tapeFactor(graph: Graph): number {
  const isDepthwise = graph.architecture !== 'xception' && graph.nodes.some((node) => node.op === 'depthwiseConv')
  return isDepthwise ? TAPE.depthwise : TAPE.plain
}
