import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core'
import type { Tf } from '../engine.js'

/** The part of the WASM backend that hands out memory. */
export interface WasmBackend {
  makeOutput(shape: readonly number[], dtype: 'float32'): TensorInfo
  typedArrayFromHeap(info: { shape: readonly number[]; dtype: string; dataId: object }): Float32Array
}

/** The WASM backend of a TensorFlow.js module on which `setBackend('wasm')` succeeded. */
export function wasmBackend(tf: Tf): WasmBackend {
  return tf.findBackend('wasm') as unknown as WasmBackend
}

/** A tensor's values in place. Valid until the next allocation, which may move the heap: take views after all outputs exist. */
export function view(
  backend: WasmBackend,
  tensor: { shape: readonly number[]; dtype: string; dataId: object },
): Float32Array {
  return backend.typedArrayFromHeap(tensor)
}

/** A new tensor with undefined content. */
export function allocate(tf: Tf, backend: WasmBackend, shape: readonly number[]): Tensor {
  return tf.engine().makeTensorFromTensorInfo(backend.makeOutput(shape, 'float32'))
}
