/**
 * A convolutional network as plain data: a flat list of nodes in topological order. Everything else reads it: the tensor
 * executor, the ONNX exporter, parameter counts, memory estimates, freezing by stage, Grad-CAM on any node.
 *
 * Axes are NHWC; kernels are HWIO, depthwise kernels `[height, width, channels, multiplier]`, dense kernels `[in, out]`.
 */

/** Padding of a convolution or pool: TensorFlow's rule, none, or explicit `[top, bottom, left, right]` (PyTorch's symmetric padding). */
export type Padding = 'same' | 'valid' | readonly [number, number, number, number]

/** Pointwise non-linearities. `hardSigmoid` is `relu6(x + 3) / 6`, `hardSwish` is `x * hardSigmoid(x)`, `swish` is `x * sigmoid(x)`. */
export type Activation = 'relu' | 'relu6' | 'swish' | 'sigmoid' | 'hardSigmoid' | 'hardSwish'

/** What a node computes. Trainable parameters and buffers are listed by {@link parametersOf}. */
export type Operation =
  | {
      readonly op: 'conv'
      readonly filters: number
      readonly kernel: readonly [number, number]
      readonly strides: readonly [number, number]
      readonly padding: Padding
      readonly bias: boolean
    }
  | {
      readonly op: 'depthwiseConv'
      readonly kernel: readonly [number, number]
      readonly strides: readonly [number, number]
      readonly padding: Padding
      readonly bias: boolean
    }
  | {
      readonly op: 'batchNorm'
      readonly epsilon: number
      /** Share of the old moving statistic kept at each step (Keras' sense; torch's is 1 − this). */ readonly momentum: number
      readonly scale: boolean
      readonly center: boolean
    }
  | { readonly op: 'activation'; readonly activation: Activation }
  | {
      readonly op: 'maxPool'
      readonly size: readonly [number, number]
      readonly strides: readonly [number, number]
      readonly padding: Padding
    }
  /** Padded positions are not counted in the mean. */
  | {
      readonly op: 'avgPool'
      readonly size: readonly [number, number]
      readonly strides: readonly [number, number]
      readonly padding: Padding
    }
  /** Mean over height and width, `[batch, channels]`; with `keepDims` `[batch, 1, 1, channels]`. */
  | { readonly op: 'globalAvgPool'; readonly keepDims: boolean }
  | { readonly op: 'globalMaxPool' }
  | { readonly op: 'dense'; readonly units: number; readonly bias: boolean }
  | { readonly op: 'dropout'; readonly rate: number }
  /** Element-wise sum of all inputs. */
  | { readonly op: 'add' }
  /** Element-wise product of two inputs; `[batch, 1, 1, channels]` broadcasts (squeeze and excitation). */
  | { readonly op: 'multiply' }
  /** Product with a constant (residual scaling of InceptionResNetV2). */
  | { readonly op: 'scale'; readonly factor: number }
  /** Per-channel constants applied to the input: `x * scale[c] + offset[c]` (rescaling that is part of a published network). */
  | { readonly op: 'rescale'; readonly scale: readonly number[]; readonly offset: readonly number[] }
  /** Concatenation along channels. */
  | { readonly op: 'concat' }

/** One node. `inputs` name earlier nodes or `'input'`. */
export type GraphNode = Operation & {
  readonly name: string
  readonly inputs: readonly string[]
  /** Named part of the network, in order from the input (`stem`, `stage1`, …, `head`): the unit of freezing. */
  readonly stage: string
}

/** A network; see the file comment. */
export interface Graph {
  readonly architecture: string
  /** Input picture `[height, width, channels]`, after preprocessing. */
  readonly inputShape: readonly [number, number, number]
  readonly nodes: readonly GraphNode[]
  /** Node whose output `[batch, featureWidth]` is the feature vector (global pool, or a dense layer of the head). */
  readonly featureNode: string
  readonly featureWidth: number
  /** Last node with spatial extent `[batch, height, width, channels]`: the default target layer of Grad-CAM. */
  readonly lastSpatialNode: string
  /** Node that gives the logits `[batch, numClasses]`; absent in a headless backbone. */
  readonly logitsNode?: string
}

/** A parameter of a node. Its full name is `<node>/<name>`, e.g. `block1_conv/kernel`, `block1_bn/movingVariance`. */
export interface ParameterSpec {
  readonly name: string
  readonly shape: readonly number[]
  /** False for batch-norm moving statistics. */
  readonly trainable: boolean
  /** How it is drawn when no weights are given. */
  readonly init: 'heNormal' | 'glorotUniform' | 'zeros' | 'ones'
}

/** Weights of a graph by full parameter name; float32, row-major. */
export type Weights = ReadonlyMap<string, WeightTensor>

/** One weight as plain data. */
export interface WeightTensor {
  readonly shape: readonly number[]
  readonly data: Float32Array
}

/** Shapes without the batch axis of every node's output, by node name (`'input'` included). */
export type NodeShapes = ReadonlyMap<string, readonly number[]>
