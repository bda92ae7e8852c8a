import type { Tensor } from '@tensorflow/tfjs-core'
import type { Tf } from '../engine.js'

/** An attribute of a native operation. */
export interface OpAttribute {
  readonly name: string
  readonly type: number
  readonly value: unknown
}

/** A tensor as the binding tells of it. */
export interface NativeTensor {
  readonly id: number
  readonly shape: readonly number[]
  /** Number of TensorFlow's type. */
  readonly dtype: number
}

/** The part of tfjs-node's backend that runs native operations by name. */
export interface NativeBackend {
  readonly isUsingGpuDevice: boolean
  /** Replaced while operations are recorded. */
  binding: Readonly<
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
    executeOp(
      name: string,
      attributes: readonly OpAttribute[],
      inputs: readonly number[],
      numOutputs: number,
    ): NativeTensor[]
    createTensor(shape: readonly number[], dtype: number, values: unknown): number
    deleteTensor(id: number): void
  }
  executeSingleOutput(name: string, attributes: readonly OpAttribute[], inputs: readonly Tensor[]): Tensor
  executeMultipleOutputs(
    name: string,
    attributes: readonly OpAttribute[],
    inputs: readonly Tensor[],
    outputs: number,
  ): Tensor[]
  /** Ids at the binding; values that are still JavaScript's are handed over. */
  getInputTensorIds(inputs: readonly Tensor[]): number[]
  /** Gives a tensor of the binding to TensorFlow.js, whose scopes then own it. */
  createOutputTensor(tensor: NativeTensor): Tensor
}

/** The native backend of a TensorFlow.js module on which `setBackend('tensorflow')` succeeded. */
export function nativeBackend(tf: Tf): NativeBackend {
  return tf.backend() as unknown as NativeBackend
}

/** Attribute `T` (or another type attribute) with value float32. */
export function floatType(backend: NativeBackend, name = 'T'): OpAttribute {
  return { name, type: backend.binding.TF_ATTR_TYPE, value: backend.binding.TF_FLOAT }
}
