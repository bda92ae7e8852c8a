import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core'
import type { Engine, NormaliseInput, Tf, Variable } from '../engine/engine.js'
import type { Activation, GraphNode, Padding } from '../graph/graph.js'
import { axisPadding, windowCount } from '../graph/shapes.js'
import { misuse } from '../errors.js'

/** What the execution of one node may use. */
export interface NodeContext {
  readonly engine: Engine
  /** A parameter of the node by its short name; undefined when the node has none of that name. */
  parameter(name: string): Variable | undefined
  /** True when the node learns: batch norm uses the batch's moments and moves its statistics. */
  readonly isTraining: boolean
  /** True when a node before this one learns, so that a gradient flows through the node. */
  readonly isInputLearned: boolean
  /** Factors of a dropout; absent outside training, where dropout does nothing. */
  readonly mask?: Tensor
  /** True where no gradient will be asked for. */
  readonly isInference: boolean
  /** Activation after this batch norm that the engine applies on the way. */
  readonly fusedActivation?: Activation
}

/** Runs one node on its inputs; the caller owns the result. */
export function runNode(node: GraphNode, inputs: readonly Tensor[], context: NodeContext): Tensor {
  const { tf } = context.engine
  const x = inputs[0]!
  switch (node.op) {
    case 'conv':
    case 'depthwiseConv':
      return withBias(convolve(node, x as Tensor4D, context), context)
    case 'dense':
      return withBias(tf.matMul(x, required(node, context, 'kernel')), context)
    case 'batchNorm':
      return runBatchNorm(node, x, context)
    case 'activation':
      return activate(tf, x, node.activation)
    case 'maxPool': {
      const [input, padding] = padExplicitly(tf, x as Tensor4D, node.padding, -3.4e38)
      return tf.maxPool(input, [...node.size], [...node.strides], padding)
    }
    case 'avgPool':
      return averagePool(tf, x as Tensor4D, node)
    case 'globalAvgPool':
      return averageOverPixels(tf, x as Tensor4D, node.keepDims)
    case 'globalMaxPool':
      return tf.max(x, [1, 2])
    case 'dropout':
      return context.mask === undefined ? x.clone() : tf.mul(x, context.mask)
    case 'add':
      return inputs.slice(1).reduce((sum, other) => tf.add(sum, other), x)
    case 'multiply':
      return multiply(context.engine, x, inputs[1]!)
    case 'scale':
      return tf.mul(x, node.factor)
    case 'rescale':
      return tf.add(tf.mul(x, tf.tensor1d([...node.scale])), tf.tensor1d([...node.offset]))
    case 'concat':
      return tf.concat([...inputs], -1)
  }
}

function required(node: GraphNode, context: NodeContext, name: string): Variable {
  const variable = context.parameter(name)
  if (variable === undefined) throw misuse(`node "${node.name}" has no weight "${name}"`)
  return variable
}

function convolve(node: GraphNode & { op: 'conv' | 'depthwiseConv' }, x: Tensor4D, context: NodeContext): Tensor {
  const { tf, kernels } = context.engine
  const [input, padding] = padExplicitly(tf, x, nativePadding(node, x), 0)
  const filter = required(node, context, 'kernel') as unknown as Tensor4D
  const depthwise = node.op === 'depthwiseConv'
  const [stride, across] = node.strides
  // Elsewhere one of the two gradients would be computed for nothing.
  if (kernels.convolve !== undefined && context.isTraining && context.isInputLearned && stride === across) {
    return kernels.convolve({ x: input, filter, depthwise, stride, padding })
  }
  return depthwise
    ? tf.depthwiseConv2d(input, filter, [...node.strides], padding)
    : tf.conv2d(input, filter, [...node.strides], padding)
}

function withBias(x: Tensor, context: NodeContext): Tensor {
  const bias = context.parameter('bias')
  return bias === undefined ? x : context.engine.tf.add(x, bias)
}

function runBatchNorm(node: GraphNode & { op: 'batchNorm' }, x: Tensor, context: NodeContext): Tensor {
  const { tf, kernels } = context.engine
  const gamma = context.parameter('gamma')
  const beta = context.parameter('beta')
  const movingMean = required(node, context, 'movingMean')
  const movingVariance = required(node, context, 'movingVariance')
  if (context.isTraining) {
    const { epsilon, momentum } = node
    const spatial = x.rank === 4 ? x : tf.reshape(x, [x.shape[0], 1, 1, x.shape[1]!])
    const { fusedActivation } = context
    const y = kernels.batchNorm({
      x: spatial as Tensor4D,
      ...(fusedActivation === undefined ? {} : { activation: fusedActivation }),
      ...(gamma === undefined ? {} : { gamma }),
      ...(beta === undefined ? {} : { beta }),
      movingMean,
      movingVariance,
      epsilon,
      momentum,
    })
    return x.rank === 4 ? y : tf.reshape(y, x.shape)
  }
  const byMoments = (image: Tensor): Tensor => {
    const { fusedActivation: activation } = context
    return normalise(context.engine, {
      ...{ x: image, mean: movingMean, variance: movingVariance, epsilon: node.epsilon },
      ...(gamma === undefined ? {} : { gamma }),
      ...(beta === undefined ? {} : { beta }),
      ...(activation === undefined ? {} : { activation }),
    })
  }
  if (context.isInference) return byMoments(x)
  // The gradient of an affine map with constant coefficients is one product.
  const withGradient = tf.customGrad((input) => {
    return {
      value: byMoments(input as Tensor),
      gradFunc: (dy: Tensor) => {
        const inverse = tf.rsqrt(tf.add(movingVariance, node.epsilon))
        return tf.mul(dy, gamma === undefined ? inverse : tf.mul(inverse, gamma))
      },
    }
  })
  return withGradient(x)
}

/** By the engine's own kernel, or the stock one. */
function normalise({ tf, kernels }: Engine, input: NormaliseInput): Tensor {
  if (kernels.normalise !== undefined) return kernels.normalise(input)
  const { x, mean, variance, beta, gamma, epsilon } = input
  const spatial = (x.rank === 4 ? x : tf.reshape(x, [x.shape[0], 1, 1, x.shape[1]!])) as Tensor4D
  const [m, v, offset, scale] = [mean, variance, beta, gamma] as (Tensor1D | undefined)[]
  return tf.reshape(tf.batchNorm(spatial, m!, v!, offset, scale, epsilon), x.shape)
}

function multiply({ tf, kernels }: Engine, x: Tensor, y: Tensor): Tensor {
  const isPerChannel = x.rank === 4 && y.rank === 4 && y.shape[1] === 1 && y.shape[2] === 1
  const fits = x.shape[0] === y.shape[0] && x.shape[3] === y.shape[3]
  return isPerChannel && fits && kernels.scaleChannels !== undefined ? kernels.scaleChannels(x, y) : tf.mul(x, y)
}

function activate(tf: Tf, x: Tensor, activation: Activation): Tensor {
  switch (activation) {
    case 'relu':
      return tf.relu(x)
    case 'relu6':
      return tf.relu6(x)
    case 'sigmoid':
      return tf.sigmoid(x)
    case 'swish':
      return tf.mul(x, tf.sigmoid(x))
    case 'hardSigmoid':
      return tf.div(tf.relu6(tf.add(x, 3)), 6)
    case 'hardSwish':
      return tf.mul(x, tf.div(tf.relu6(tf.add(x, 3)), 6))
  }
}

/** The stock gradient makes a map of ones and two more of the same size; this one repeats the quotient. */
function averageOverPixels(tf: Tf, x: Tensor4D, keepDims: boolean): Tensor {
  const [batch, height, width, channels] = x.shape
  const average = tf.customGrad((input) => ({
    value: tf.mean(input as Tensor, [1, 2], keepDims),
    gradFunc: (dy: Tensor) => {
      const share = tf.div(dy, height * width)
      return tf.tile(tf.reshape(share, [batch, 1, 1, channels]), [1, height, width, 1])
    },
  }))
  return average(x)
}

function averagePool(tf: Tf, x: Tensor4D, node: GraphNode & { op: 'avgPool' }): Tensor {
  const size = [...node.size] as [number, number]
  const strides = [...node.strides] as [number, number]
  if (typeof node.padding === 'string') return tf.avgPool(x, size, strides, node.padding)
  const [padded] = padExplicitly(tf, x, node.padding, 0)
  const [ones] = padExplicitly(tf, tf.onesLike(tf.slice(x, [0, 0, 0, 0], [1, -1, -1, 1])), node.padding, 0)
  // The padded zeros are in both means, so the quotient is the mean over true positions.
  return tf.div(tf.avgPool(padded, size, strides, 'valid'), tf.avgPool(ones, size, strides, 'valid'))
}

/** `same` where it puts the same zeros around `x` as the convolution's explicit padding does: nothing need be copied then. */
function nativePadding(
  { padding, kernel, strides }: GraphNode & { op: 'conv' | 'depthwiseConv' },
  x: Tensor4D,
): Padding {
  if (typeof padding === 'string') return padding
  const isSame = (['height', 'width'] as const).every((axis, at) => {
    const [size, length, stride] = [x.shape[at + 1]!, kernel[at]!, strides[at]!]
    const explicit = axisPadding(padding, axis, size, length, stride)
    const same = axisPadding('same', axis, size, length, stride)
    // Zeros after the last window's end are never read.
    const count = windowCount(size, length, stride, explicit)
    return explicit[0] === same[0] && count === windowCount(size, length, stride, same)
  })
  return isSame ? 'same' : padding
}

/** The native kernels know only `same` and `valid`: explicit padding becomes a pad and `valid`. */
function padExplicitly(tf: Tf, x: Tensor4D, padding: Padding, value: number): readonly [Tensor4D, 'same' | 'valid'] {
  if (typeof padding === 'string') return [x, padding]
  const [top, bottom, left, right] = padding
  if (top + bottom + left + right === 0) return [x, 'valid']
  return [tf.pad(x, [[0, 0], [top, bottom], [left, right], [0, 0]], value), 'valid'] // prettier-ignore
}
