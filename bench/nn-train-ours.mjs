// One process of nn-train: training steps (forward, backward, Adam) on random pictures. argv: network, side, batch, steps, threads.
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

const [architecture, side, batch, steps, threads] = [process.argv[2], ...process.argv.slice(3).map(Number)]
const engine = await loadEngine({ threads })
const { tf } = engine
const graph = withHead(buildArchitecture(architecture, { inputSize: side }), { numClasses: 10 })
const model = createGraphModel(engine, graph, initWeights(graph, 1))
const parameterNames = model.parameters.filter(({ trainable }) => trainable).map(({ name }) => name)
const trainingNodes = new Set(graph.nodes.map(({ name }) => name))
const optimizer = createOptimizer(engine, { name: 'adam' })
const uniform = uniformStream(1)
const x = tf.tensor(
  Float32Array.from({ length: batch * side * side * 3 }, () => 2 * uniform() - 1),
  [batch, side, side, 3],
)
const labels = Array.from({ length: batch }, (_, i) => i % 10)
const step = () =>
  trainStep(
    model,
    () => softmaxCrossEntropy(tf, model.evaluate(new Map([['input', x]]), ['logits'], { trainingNodes })[0], labels),
    { parameterNames, optimizer, learningRate: () => 1e-3 },
  )
for (let i = 0; i < 3; i++) step()
const before = tf.memory().numTensors
const times = []
const processor = []
for (let i = 0; i < steps; i++) {
  const [start, cpu] = [performance.now(), process.cpuUsage()]
  step()
  times.push(performance.now() - start)
  const { user, system } = process.cpuUsage(cpu)
  processor.push((user + system) / 1000)
}
process.stdout.write(
  `${JSON.stringify({ engine: engine.id, wall: Math.min(...times) / batch, cpu: Math.min(...processor) / batch, leaked: tf.memory().numTensors - before })}\n`,
)
