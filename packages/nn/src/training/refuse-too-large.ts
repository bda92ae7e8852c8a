import { PipelineError } from '@etsef/plugin-api'
import type { Engine } from '../engine/engine.js'
import type { Graph } from '../graph/graph.js'
import { estimateMemory } from '../graph/memory.js'

/**
 * What fits into a WASM heap (4 GB of addresses), with room for fragmentation. MobileNetV2 at 224 px takes 1.34 GB in batches of 8
 * and fails in batches of 32.
 */
const WASM_BYTES = 3e9

/**
 * Refuses training that a WASM heap cannot hold, before it fails half-way through.
 *
 * @param batchSize - Pictures that are on the tape at the same time.
 * @throws PipelineError `ERR_TOO_LARGE`
 */
export function refuseTooLarge(engine: Engine, graph: Graph, batchSize: number): void {
  if (engine.name !== 'wasm') return
  const { totalBytes, activationBytes } = estimateMemory(graph, { batchSize, training: true })
  // Gradients of convolutions are composed there of slices and products, which are as much again.
  const wasmBytes = totalBytes + activationBytes
  if (wasmBytes <= WASM_BYTES) return
  throw new PipelineError('ERR_TOO_LARGE', {
    message: `${graph.architecture} at ${graph.inputShape[0]} px does not fit the WASM engine in batches of ${batchSize}`,
    expected: `at most ${(WASM_BYTES / 1e9).toFixed(1)} GB`,
    received: `about ${(wasmBytes / 1e9).toFixed(1)} GB`,
    hint: 'run `etsef engine install` to get TensorFlow, or lower inputSize or batchSize, raise accumulate, or set freeze: backbone',
  })
}
