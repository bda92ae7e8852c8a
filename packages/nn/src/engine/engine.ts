import type * as tensorflow from '@tensorflow/tfjs-core'
import type { Activation } from '../graph/graph.js'

/** The TensorFlow.js module, as a value that is loaded late. */
export type Tf = typeof tensorflow

export type { Scalar, Tensor, Tensor2D, Variable } from '@tensorflow/tfjs-core'

/** Name of a training engine. */
export type EngineName = 'tensorflow' | 'wasm'

/** A loaded tensor engine: TensorFlow.js on one backend, and the kernels whose stock form is slow or wrong. */
export interface Engine {
  readonly name: EngineName
  /** Enters cache keys: the same seed and id give the same bytes, e.g. `tensorflow-2.21.0+tfjs-4.22.0`. */
  readonly id: string
  readonly tf: Tf
  /** Threads inside one operation. */
  readonly threads: number
  readonly device: 'cpu' | 'gpu'
  readonly kernels: EngineKernels
}

/** Operations with one meaning on every engine. */
export interface EngineKernels {
  /**
   * Batch normalisation by the batch's own moments, differentiable in `x`, `gamma` and `beta`; moves the running statistics.
   * The running variance is the unbiased one (n − 1), as in PyTorch and Keras 2.
   */
  batchNorm(input: BatchNormInput): tensorflow.Tensor
  /** Batch normalisation by given moments, where there is a faster way than `tf.batchNorm`; it has no gradient. */
  readonly normalise?: (input: NormaliseInput) => tensorflow.Tensor
  /** Activations that {@link EngineKernels.batchNorm} and `normalise` can apply to their results on the way; absent means none. */
  readonly fusedActivations?: ReadonlySet<Activation>
  /** Product of `x` `[batch, height, width, channels]` with `factor` `[batch, 1, 1, channels]`, where there is a faster way than `tf.mul`. */
  readonly scaleChannels?: (x: tensorflow.Tensor, factor: tensorflow.Tensor) => tensorflow.Tensor
  /**
   * Convolution differentiable in `x` and `filter`, whose two gradients are computed side by side; absent where there is one
   * thread. Meant for where both are wanted: it computes both.
   *
   * @throws Error when the shapes do not fit.
   */
  readonly convolve?: (input: ConvolutionInput) => tensorflow.Tensor
  /** One Adam step of each variable, in place; moments live in `state` and are created on first use. */
  adam(steps: readonly AdamStep[]): void
  /** First and second moment of a variable as plain data; undefined before its first step. */
  readAdamState(state: AdamState): { readonly m: Float32Array; readonly v: Float32Array } | undefined
  /** Frees what {@link EngineKernels.adam} holds. */
  disposeAdamState(state: AdamState): void
  /** Runs a computation and writes down its native operations; absent where there are none. */
  readonly record?: (computation: Computation) => Recorded
}

/** A computation whose operations follow from the shapes of what it is fed. */
export interface Computation {
  readonly feeds: readonly tensorflow.Tensor[]
  /** All variables that it reads or writes. */
  readonly variables: readonly tensorflow.Variable[]
  /** Its results, which the caller disposes. To read no value of a tensor, and to leave no other tensor. */
  readonly compute: () => readonly (tensorflow.Tensor | undefined)[]
}

/** Outcome of {@link EngineKernels.record}. */
export interface Recorded {
  readonly results: readonly (tensorflow.Tensor | undefined)[]
  /** Absent where the operations cannot be run again: a value was read, a tensor came from elsewhere or was left behind. */
  readonly recording?: Recording
}

/** Operations that can be run again. */
export interface Recording {
  /** Equal for the same operations in the same order, with the same attributes and constants. */
  readonly fingerprint: string
  /**
   * Runs the operations on other tensors of the same shapes and on what the variables hold now, which it writes as the computation does.
   *
   * @returns The results, which the caller disposes.
   * @throws Error of the engine; no variable is written then.
   */
  replay(feeds: readonly tensorflow.Tensor[]): readonly (tensorflow.Tensor | undefined)[]
}

/** Input of {@link EngineKernels.batchNorm}. */
export interface BatchNormInput {
  /** `[batch, height, width, channels]`. */
  readonly x: tensorflow.Tensor4D
  /** `[channels]`; absent means ones. */
  readonly gamma?: tensorflow.Tensor
  /** `[channels]`; absent means zeros. */
  readonly beta?: tensorflow.Tensor
  readonly movingMean: tensorflow.Variable
  readonly movingVariance: tensorflow.Variable
  readonly epsilon: number
  /** Share of the old running statistic kept. */
  readonly momentum: number
  /** Applied to the result; one of {@link EngineKernels.fusedActivations}. */
  readonly activation?: Activation
}

/** Input of {@link EngineKernels.normalise}. */
export interface NormaliseInput {
  /** `[batch, ..., channels]`. */
  readonly x: tensorflow.Tensor
  /** `[channels]`; absent means ones. */
  readonly gamma?: tensorflow.Tensor
  /** `[channels]`; absent means zeros. */
  readonly beta?: tensorflow.Tensor
  /** `[channels]`. */
  readonly mean: tensorflow.Tensor
  /** `[channels]`. */
  readonly variance: tensorflow.Tensor
  readonly epsilon: number
  /** Applied to the result; one of {@link EngineKernels.fusedActivations}. */
  readonly activation?: Activation
}

/** Input of {@link EngineKernels.convolve}. */
export interface ConvolutionInput {
  /** `[batch, height, width, channels]`. */
  readonly x: tensorflow.Tensor4D
  /** `[height, width, channels, filters]`, or with `depthwise` `[height, width, channels, multiplier]`. */
  readonly filter: tensorflow.Tensor4D
  readonly depthwise: boolean
  readonly stride: number
  readonly padding: 'same' | 'valid'
}

/** Moments of one variable; opaque, owned by the kernel. */
export interface AdamState {
  m?: unknown
  v?: unknown
  handle?: unknown
}

/** One Adam step of one variable; Keras' form: `w -= lr * sqrt(1 - beta2^t) / (1 - beta1^t) * m / (sqrt(v) + epsilon)`. */
export interface AdamStep {
  readonly variable: tensorflow.Variable
  readonly gradient: tensorflow.Tensor
  readonly state: AdamState
  /** Number of this step, from 1. */
  readonly step: number
  readonly learningRate: number
  readonly beta1: number
  readonly beta2: number
  readonly epsilon: number
  /** Factor on the variable before the step (decoupled weight decay, AdamW). */
  readonly decay?: number
  /** Moments to start from (resume). */
  readonly initial?: { readonly m: Float32Array; readonly v: Float32Array }
}
