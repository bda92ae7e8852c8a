import { sizeOf } from '../graph/parameters.js'
import { sessionOptions } from './session-options.js'
import type { OnnxBatch } from './onnx-thread-messages.js'
import { startOnnxWorker, type OnnxWorker } from './onnx-worker.js'
import { misuse, wrongBatch } from '../errors.js'

/** Settings of {@link openOnnxCrew}. */
export interface OnnxCrewOptions {
  /** Threads, each with the whole network and its memory; at least 1. */
  readonly threads: number
  /** Input shape without the batch axis, in the file's own axis order. */
  readonly inputShape: readonly number[]
}

/** A frozen network in threads of its own, beside which JavaScript goes on. */
export interface OnnxCrew {
  /**
   * All outputs for a batch. May be called while others run: each batch is computed by one thread, so that results do not depend
   * on how many there are; more batches than threads wait.
   *
   * @param batch - Float32 `[numImages, ...inputShape]`; taken over: the array is empty afterwards.
   * @returns One array per output, batch first.
   */
  run(batch: Float32Array, numImages: number): Promise<readonly Float32Array[]>
  /** Ends the threads once the batches are done. */
  close(): Promise<void>
}

/**
 * Opens an ONNX file (our {@link exportOnnx}) in threads of its own.
 *
 * @throws Error when onnxruntime-node cannot load on this machine, or refuses the file.
 */
export async function openOnnxCrew(onnx: Uint8Array, { threads, inputShape }: OnnxCrewOptions): Promise<OnnxCrew> {
  const free = await startAll(threads, () => startOnnxWorker(onnx, sessionOptions({ threads: 1 })))
  let isClosed = false
  const waiting: ((worker: OnnxWorker) => void)[] = []
  const take = (): OnnxWorker | Promise<OnnxWorker> => free.pop() ?? new Promise((resolve) => waiting.push(resolve))
  const giveBack = (worker: OnnxWorker): void => {
    const next = waiting.shift()
    if (next === undefined) free.push(worker)
    else next(worker)
  }
  const runOne = async (batch: OnnxBatch): Promise<readonly Float32Array[]> => {
    const worker = await take()
    try {
      return await worker.run(batch)
    } finally {
      giveBack(worker)
    }
  }
  return {
    run: async (batch, numImages) => {
      if (isClosed) throw misuse('the network is closed')
      const shape = [numImages, ...inputShape]
      if (batch.length !== sizeOf(shape)) throw wrongBatch(shape, batch.length)
      // A part of a larger array does not take the rest with it.
      const data = batch.byteLength === batch.buffer.byteLength ? batch : batch.slice()
      return runOne({ data, shape })
    },
    close: async () => {
      if (isClosed) return
      isClosed = true
      await Promise.all(Array.from({ length: threads }, async () => (await take()).close()))
    },
  }
}

/** All of them, or none. */
async function startAll(count: number, start: () => Promise<OnnxWorker>): Promise<OnnxWorker[]> {
  const started = await Promise.allSettled(Array.from({ length: count }, start))
  const workers = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  const failed = started.find((one) => one.status === 'rejected')
  if (failed === undefined) return workers
  await Promise.all(workers.map((worker) => worker.close()))
  throw failed.reason
}
