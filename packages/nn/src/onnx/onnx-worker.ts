import { Worker } from 'node:worker_threads'
import type { InferenceSession } from 'onnxruntime-node'
import type { OnnxAnswer, OnnxBatch, OnnxThreadData } from './onnx-thread-messages.js'
import { noEngine } from '../errors.js'
import { disableTelemetry } from './disable-telemetry.js'

/** A network in a thread of its own, which works on one batch at a time. */
export interface OnnxWorker {
  /** Outputs of a batch, in the file's order. Must not be called again before it is done. */
  run(batch: OnnxBatch): Promise<readonly Float32Array[]>
  /** Frees the session and ends the thread, after the batch it works on. */
  close(): Promise<void>
}

/** An exit does not wait longer for a batch, or for a file that is being read. */
const mostWaitMs = 10_000

/** Program of the thread. Compiled: a thread cannot read TypeScript, so a network run from source uses the package's build. */
const program = new URL(
  import.meta.url.endsWith('.ts') ? '../../dist/onnx/onnx-thread.js' : './onnx-thread.js',
  import.meta.url,
)

/**
 * Starts a thread with an ONNX session.
 *
 * An idle thread does not keep the process alive.
 *
 * @throws Error what ONNX Runtime says about the file, or why the thread does not start.
 */
export async function startOnnxWorker(onnx: Uint8Array, options: InferenceSession.SessionOptions): Promise<OnnxWorker> {
  const busy = new Int32Array(new SharedArrayBuffer(4))
  const workerData: OnnxThreadData = { onnx, options, busy }
  disableTelemetry()
  const worker = new Worker(program, { workerData, execArgv: [] })
  // A thread that is ended inside ONNX Runtime takes the process down with it (Node 20): an exit waits for its batch.
  const awaitIdle = (): void => void Atomics.wait(busy, 0, 1, mostWaitMs)
  process.once('exit', awaitIdle)
  const exited = new Promise<void>((resolve) => worker.once('exit', resolve))
  let waiting: Waiting | undefined
  let death: string | undefined
  const settle = (answer: OnnxAnswer): void => {
    worker.unref()
    if ('outputs' in answer) waiting?.resolve(answer.outputs)
    else waiting?.reject(noEngine(answer.message))
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
      if (death !== undefined) throw noEngine(death)
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
