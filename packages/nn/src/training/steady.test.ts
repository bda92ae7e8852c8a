import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { buildArchitecture } from '../architectures/build-architecture.js'
import { loadEngine } from '../engine/load-engine.js'
import { testEngines } from '../engine/test-engines.js'
import { withHead } from '../graph/head.js'
import { initWeights } from '../graph/init-weights.js'
import { uniformStream } from '../graph/random.js'
import { trainClassifier } from './train-classifier.js'

// Resident memory without what the collector has not come to yet.
setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

const SIDE = 32
const EPOCHS = 20
const STEPS_PER_EPOCH = 10
const BATCH = 8

/** Slope of a least-squares line through values at 0, 1, 2 … */
function slope(values: readonly number[]): number {
  const middle = (values.length - 1) / 2
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const [cross, square] = values.reduce(
    ([a, b], value, i) => [a + (i - middle) * (value - mean), b + (i - middle) ** 2],
    [0, 0],
  )
  return cross / square
}

test.each(testEngines)(
  `${EPOCHS * STEPS_PER_EPOCH} training steps on %s: the tensor count is constant and resident memory flat`,
  async (name) => {
    const engine = await loadEngine({ prefer: name })
    const graph = withHead(buildArchitecture('mobilenetV3Small', { inputSize: SIDE, width: 0.35 }), { numClasses: 2 })
    const size = STEPS_PER_EPOCH * BATCH
    const uniform = uniformStream(5)
    const pixels = Float32Array.from({ length: BATCH * SIDE * SIDE * 3 }, () => 2 * uniform() - 1)
    const tensors: number[] = []
    const residentMb: number[] = []
    await trainClassifier({
      engine,
      graph,
      weights: initWeights(graph, 3),
      train: { size, labels: Int32Array.from({ length: size }, (_, i) => i % 2), read: () => pixels.slice() },
      seed: 1,
      options: { epochs: EPOCHS, batchSize: BATCH },
      onEpoch: () => {
        tensors.push(engine.tf.memory().numTensors)
        collectGarbage()
        residentMb.push(process.memoryUsage().rss / 2 ** 20)
      },
    })
    expect(new Set(tensors).size).toBe(1)
    // The first epochs fill pools. Activations of one step are 5 MB here: keeping any layer's of each step shows.
    const mbPerStep = slope(residentMb.slice(EPOCHS / 4)) / STEPS_PER_EPOCH
    expect(mbPerStep).toBeLessThan(0.05)
  },
  600_000,
)
