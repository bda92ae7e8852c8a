// Program of the thread of an ONNX worker: works on one batch at a time.
import { parentPort, workerData } from 'node:worker_threads'
import type { InferenceSession } from 'onnxruntime-node'
import { loadOnnxRuntime } from './load-onnx-runtime.js'
import type { OnnxAnswer, OnnxBatch, OnnxRequest, OnnxThreadData } from './onnx-thread-messages.js'

// What onnx-worker.ts starts this thread with.
const { onnx, options, busy } = workerData as OnnxThreadData
const port = parentPort!
const ort = loadOnnxRuntime()
let session: InferenceSession | undefined

port.on('message', (batch: OnnxRequest) => {
  if (batch === undefined) void close()
  else void answer(() => run(batch))
})
void answer(async () => {
  session = await ort.InferenceSession.create(onnx, options)
  return []
})

async function answer(work: () => Promise<readonly Float32Array<ArrayBuffer>[]>): Promise<void> {
  try {
    const outputs = await work().finally(() => {
      Atomics.store(busy, 0, 0)
      Atomics.notify(busy, 0)
    })
    port.postMessage(
      { outputs } satisfies OnnxAnswer,
      outputs.map(({ buffer }) => buffer),
    )
  } catch (error) {
    port.postMessage({ message: error instanceof Error ? error.message : String(error) } satisfies OnnxAnswer)
  }
}

async function run({ data, shape }: OnnxBatch): Promise<Float32Array<ArrayBuffer>[]> {
  if (session === undefined) throw new Error('the network is not loaded')
  const results = await session.run({ [session.inputNames[0]!]: new ort.Tensor('float32', data, shape) })
  return session.outputNames.map((name) => {
    const output = results[name]?.data
    if (!(output instanceof Float32Array)) throw new Error(`output "${name}" is not float32`)
    return output.slice()
  })
}

async function close(): Promise<void> {
  await session?.release()
  port.close()
}
