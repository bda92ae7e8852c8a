import { createRequire } from 'node:module'
import { Worker } from 'node:worker_threads'
import type { InferenceSession } from 'onnxruntime-node'

/** A batch for a worker, with its shape. Its buffer moves to the worker: the caller's array is empty afterwards. */
export interface OnnxBatch {
  readonly data: Float32Array
  readonly shape: readonly number[]
}

/** A network in a thread of its own, which works on one batch at a time. */
export interface OnnxWorker {
  /** Outputs of a batch, in the file's order. Must not be called again before it is done. */
  run(batch: OnnxBatch): Promise<readonly Float32Array[]>
  /** Frees the session and ends the thread, after the batch it works on. */
  close(): Promise<void>
}

/** What a worker says: outputs of its batch (none once it is ready), or why it failed. */
type Answer = { readonly outputs: readonly Float32Array[] } | { readonly message: string }

/** An exit does not wait longer for a batch, or for a file that is being read. */
const mostWaitMs = 10_000

/** Code of the thread. Text, so that it is the same from source and from dist, and needs no file of its own. */
const source = `
const { workerData: { runtime, onnx, options, busy }, parentPort } = require('node:worker_threads')
const { InferenceSession, Tensor } = require(runtime)
const answer = async (work) => {
  try {
    const outputs = await work().finally(() => {
      Atomics.store(busy, 0, 0)
      Atomics.notify(busy, 0)
    })
    parentPort.postMessage({ outputs }, outputs.map(({ buffer }) => buffer))
  } catch (error) {
    parentPort.postMessage({ message: error instanceof Error ? error.message : String(error) })
  }
}
let session
answer(async () => {
  session = await InferenceSession.create(onnx, options)
  return []
})
const run = async ({ data, shape }) => {
  const results = await session.run({ [session.inputNames[0]]: new Tensor('float32', data, shape) })
  return session.outputNames.map((name) => {
    const { data } = results[name]
    if (!(data instanceof Float32Array)) throw new Error('output "' + name + '" is not float32')
    return data.slice()
  })
}
parentPort.on('message', async (batch) => {
  if (batch !== undefined) return answer(() => run(batch))
  await session?.release()
  parentPort.close()
})`

/**
 * Starts a thread with an ONNX session.
 *
 * An idle thread does not keep the process alive.
 *
 * @throws Error what ONNX Runtime says about the file, or why the thread does not start.
 */
export async function startOnnxWorker(onnx: Uint8Array, options: InferenceSession.SessionOptions): Promise<OnnxWorker> {
  const runtime = createRequire(import.meta.url).resolve('onnxruntime-node')
  const busy = new Int32Array(new SharedArrayBuffer(4))
  const worker = new Worker(source, { eval: true, workerData: { runtime, onnx, options, busy }, execArgv: [] })
  // A thread that is ended inside ONNX Runtime takes the process down with it (Node 20): an exit waits for its batch.
  const awaitIdle = (): void => void Atomics.wait(busy, 0, 1, mostWaitMs)
  process.once('exit', awaitIdle)
  const exited = new Promise<void>((resolve) => worker.once('exit', resolve))
  let waiting: Waiting | undefined
  let death: string | undefined
  const settle = (answer: Answer): void => {
    worker.unref()
    if ('outputs' in answer) waiting?.resolve(answer.outputs)
    else waiting?.reject(new Error(answer.message))
    waiting = undefined
  }
  worker.on('message', settle)
  const die = (message: string): void => {
    death ??= message
    settle({ message: death })
  }
  worker.on('error', ({ message }) => {
    die(message)
  })
  worker.on('exit', () => {
    process.off('exit', awaitIdle)
    die('the thread of an ONNX network ended')
  })
  const answered = (): Promise<readonly Float32Array[]> =>
    new Promise((resolve, reject) => {
      if (death !== undefined) throw new Error(death)
      worker.ref()
      Atomics.store(busy, 0, 1)
      waiting = { resolve, reject }
    })
  const close = (): Promise<void> => {
    worker.ref()
    worker.postMessage(undefined)
    return exited
  }
  try {
    await answered()
  } catch (cause) {
    await close()
    throw cause
  }
  return {
    run: (batch) => {
      const outputs = answered()
      worker.postMessage(batch, [batch.data.buffer as ArrayBuffer])
      return outputs
    },
    close,
  }
}

/** Who waits for the answer of a worker. */
interface Waiting {
  resolve(outputs: readonly Float32Array[]): void
  reject(cause: Error): void
}
