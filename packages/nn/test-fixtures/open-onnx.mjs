// Opens a small network in ONNX Runtime: a child process of disable-telemetry.test.ts. argv: `here`, or `thread` for a thread of its own.
import { buildArchitecture, exportOnnx, initWeights, OnnxExtractor } from '@etsef/nn'
import { openOnnxCrew } from '../dist/onnx/onnx-crew.js'

const graph = buildArchitecture('mobilenetV1', { inputSize: 32, width: 0.25 })
const onnx = exportOnnx(graph, initWeights(graph, 1))
const { inputShape } = graph
const batch = new Float32Array(32 * 32 * 3)
if (process.argv[2] === 'thread') {
  const crew = await openOnnxCrew(onnx, { threads: 1, inputShape })
  await crew.run(batch, 1)
  await crew.close()
} else {
  const extractor = await OnnxExtractor.create(onnx)
  await extractor.run(batch, 1)
  await extractor.dispose()
}
