import { readFileSync, writeFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { buildArchitecture } from '../architectures/build-architecture.js'
import { loadEngine } from '../engine/load-engine.js'
import { bothEngines } from '../engine/test-engines.js'
import { withHead } from '../graph/head.js'
import { initWeights } from '../graph/init-weights.js'
import { estimateMemory } from '../graph/memory.js'
import { trainClassifier } from './train-classifier.js'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** Resident bytes at the peak since the last reset. */
function peak(): number {
  return 1024 * Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))![1])
}

// From small to large: what the allocator keeps of one training, the next one uses.
describe.skipIf(!bothEngines || process.platform !== 'linux')(
  'measured peak of training (needs `etsef engine install`, /proc)',
  () => {
    test.each([
      ['mobilenetV2', 96, 16],
      ['xception', 96, 4],
      ['resnet50', 96, 8],
    ] as const)(
      '%s at %i px, batch %i, is the estimate within a quarter',
      async (name, side, batchSize) => {
        const engine = await loadEngine({ prefer: 'tensorflow' })
        const graph = withHead(buildArchitecture(name, { inputSize: side }), { numClasses: 2 })
        const { totalBytes } = estimateMemory(graph, { batchSize, training: true })
        collectGarbage()
        writeFileSync('/proc/self/clear_refs', '5')
        await trainClassifier({
          engine,
          graph,
          weights: initWeights(graph, 3),
          train: {
            size: 2 * batchSize,
            labels: Int32Array.from({ length: 2 * batchSize }, (_, i) => i % 2),
            read: (indices) =>
              Float32Array.from({ length: indices.length * side * side * 3 }, (_, i) => Math.sin(i * i)),
          },
          seed: 1,
          options: { epochs: 1, batchSize },
        })
        expect(Math.abs(totalBytes / peak() - 1)).toBeLessThan(0.25)
      },
      300_000,
    )
  },
)
