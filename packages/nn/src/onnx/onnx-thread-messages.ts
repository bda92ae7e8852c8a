import type { InferenceSession } from 'onnxruntime-node'

/** A batch for a worker, with its shape. Its buffer moves to the worker: the caller's array is empty afterwards. */
export interface OnnxBatch {
  readonly data: Float32Array
  readonly shape: readonly number[]
}

/** What the thread of a worker starts with. */
export interface OnnxThreadData {
  readonly onnx: Uint8Array
  readonly options: InferenceSession.SessionOptions
  /** 1 while the thread is inside ONNX Runtime. */
  readonly busy: Int32Array
}

/** What the thread is told: a batch to work on, or nothing more. */
export type OnnxRequest = OnnxBatch | undefined

/** What the thread says: outputs of its batch (none once it is ready), or why it failed. */
export type OnnxAnswer = { readonly outputs: readonly Float32Array<ArrayBuffer>[] } | { readonly message: string }
