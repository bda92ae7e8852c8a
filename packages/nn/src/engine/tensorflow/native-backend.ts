import type { Tensor } from '@tensorflow/tfjs-core'
import type { Tf } from '../engine.js'

/** An attribute of a native operation. */
export interface OpAttribute {
  readonly name: string
  readonly type: number
  readonly value: unknown
}

/** The part of tfjs-node's backend that runs native operations by name. */
export interface NativeBackend {
  readonly isUsingGpuDevice: boolean
  readonly binding: Readonly<
    Record<
      | 'TF_ATTR_TYPE'
      | 'TF_ATTR_INT'
      | 'TF_ATTR_FLOAT'
      | 'TF_ATTR_STRING'
      | 'TF_ATTR_BOOL'
      | 'TF_ATTR_SHAPE'
      | 'TF_FLOAT',
      number
    >
  > & {
    readonly TF_Version: string
    executeOp(name: string, attributes: readonly OpAttribute[], inputs: readonly number[], outputs: number): unknown[]
  }
  executeSingleOutput(name: string, attributes: readonly OpAttribute[], inputs: readonly Tensor[]): Tensor
  executeMultipleOutputs(
    name: string,
    attributes: readonly OpAttribute[],
    inputs: readonly Tensor[],
    outputs: number,
  ): Tensor[]
  getInputTensorIds(inputs: readonly Tensor[]): number[]
}

/** The native backend of a TensorFlow.js module on which `setBackend('tensorflow')` succeeded. */
export function nativeBackend(tf: Tf): NativeBackend {
  return tf.backend() as unknown as NativeBackend
}

/** Attribute `T` (or another type attribute) with value float32. */
export function floatType(backend: NativeBackend, name = 'T'): OpAttribute {
  return { name, type: backend.binding.TF_ATTR_TYPE, value: backend.binding.TF_FLOAT }
}
