// Trains three networks for two steps each, the second with few pictures, and prints a digest of all weights: a child process of threads.test.ts.
// argv: threads, or those of each step in turn, with commas between.
import { createHash } from 'node:crypto'
import {
  buildArchitecture,
  createGraphModel,
  createOptimizer,
  initWeights,
  loadEngine,
  softmaxCrossEntropy,
  trainStep,
  uniformStream,
  withHead,
} from '@etsef/nn'

const SIDE = 49
const BATCHES = [7, 3]

const threads = process.argv[2].split(',')
const engine = await loadEngine({ prefer: 'tensorflow', threads: Number(threads[0]) })
const { tf } = engine
const uniform = uniformStream(1)
const batches = BATCHES.map((size) => {
  const pictures = Float32Array.from({ length: size * SIDE * SIDE * 3 }, () => 2 * uniform() - 1)
  return { x: tf.tensor(pictures, [size, SIDE, SIDE, 3]), labels: Array.from({ length: size }, (_, i) => i % 3) }
})
const hash = createHash('sha256')
let step = 0
for (const architecture of ['mobilenetV2', 'efficientnetB0', 'resnet18']) {
  const graph = withHead(buildArchitecture(architecture, { inputSize: SIDE }), { numClasses: 3 })
  const model = createGraphModel(engine, graph, initWeights(graph, 1))
  const parameterNames = model.parameters.filter(({ trainable }) => trainable).map(({ name }) => name)
  const trainingNodes = new Set(graph.nodes.map(({ name }) => name))
  const optimizer = createOptimizer(engine, { name: 'adam' })
  for (const { x, labels } of batches) {
    if (threads.length > 1) process.env.ETSEF_KERNEL_THREADS = threads[step++ % threads.length]
    const loss = () =>
      softmaxCrossEntropy(tf, model.evaluate(new Map([['input', x]]), ['logits'], { trainingNodes })[0], labels)
    trainStep(model, loss, { parameterNames, optimizer, learningRate: () => 1e-3 })
  }
  for (const [, { data }] of model.readWeights()) hash.update(new Uint8Array(data.buffer))
}
process.stdout.write(JSON.stringify({ threads: engine.threads, digest: hash.digest('hex') }))
