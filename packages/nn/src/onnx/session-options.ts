import { availableParallelism } from 'node:os'
import type { InferenceSession } from 'onnxruntime-node'

/** How ONNX Runtime computes a frozen network on `threads` threads. */
export function sessionOptions({
  threads,
  providers = ['cpu'],
}: {
  readonly threads: number
  readonly providers?: readonly ('cpu' | 'cuda')[]
}): InferenceSession.SessionOptions {
  return {
    executionProviders: [...providers],
    intraOpNumThreads: Math.min(threads, availableParallelism()),
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
  }
}
