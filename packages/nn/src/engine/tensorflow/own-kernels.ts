import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core'
import type { Activation } from '../../graph/graph.js'
import type { BatchNormInput, EngineKernels, NormaliseInput, Tf } from '../engine.js'
import { nativeBackend, type OpAttribute } from './native-backend.js'
import { ownAdam } from './own-adam.js'
import { ownConvolution } from './own-convolution.js'

/** Numbers of the activations in `native/kernels.cc`; 0 is none. */
const ACTIVATIONS: ReadonlyMap<Activation, number> = new Map([
  ['relu', 1],
  ['relu6', 2],
  ['swish', 3],
  ['hardSwish', 4],
])

/** Loads the compiled `native/kernels.cc`, which registers its operations with TensorFlow. @throws Error when it cannot be loaded. */
export function loadOwnKernels(path: string): void {
  process.dlopen({ exports: {} }, path)
}

/** The kernels of `native/kernels.cc`; {@link loadOwnKernels} must have run. Replaces the gradient of depthwise filters as well. */
export function ownKernels(tf: Tf): Partial<EngineKernels> & Pick<EngineKernels, 'batchNorm'> {
  installFilterGradient(tf)
  return {
    ...ownAdam(tf),
    convolve: ownConvolution(tf),
    batchNorm: ownBatchNorm(tf),
    normalise: ownNormalise(tf),
    fusedActivations: new Set(ACTIVATIONS.keys()),
    scaleChannels: ownScaleChannels(tf),
  }
}

function ownBatchNorm(tf: Tf): EngineKernels['batchNorm'] {
  const backend = nativeBackend(tf)
  const { TF_ATTR_FLOAT, TF_ATTR_INT } = backend.binding
  return ({ x, gamma, beta, movingMean, movingVariance, epsilon, momentum, activation }: BatchNormInput) => {
    const channels = x.shape[3]
    const attributes: OpAttribute[] = [
      { name: 'activation', type: TF_ATTR_INT, value: numberOf(activation) },
      { name: 'epsilon', type: TF_ATTR_FLOAT, value: epsilon },
      { name: 'factor', type: TF_ATTR_FLOAT, value: 1 - momentum },
    ]
    const normalise = tf.customGrad((...inputs) => {
      const [input, scale, offset] = inputs as Tensor[]
      const save = inputs.at(-1) as unknown as (tensors: Tensor[]) => void
      const [y, newMean, newVariance, mean, inverse] = backend.executeMultipleOutputs(
        'EtsefBatchNorm',
        attributes,
        [input!, scale!, offset!, movingMean, movingVariance],
        5,
      )
      // Written here, because the scope around this function frees everything but `y`.
      movingMean.assign(newMean!)
      movingVariance.assign(newVariance!)
      save([input!, scale!, offset!, mean!, inverse!])
      return {
        value: y!,
        gradFunc: (dy: Tensor, saved: Tensor[]) =>
          backend.executeMultipleOutputs('EtsefBatchNormGrad', attributes, [dy, ...saved], 3),
      }
    })
    return normalise(x, gamma ?? tf.ones([channels]), beta ?? tf.zeros([channels]))
  }
}

function ownNormalise(tf: Tf): NonNullable<EngineKernels['normalise']> {
  const backend = nativeBackend(tf)
  const { TF_ATTR_FLOAT, TF_ATTR_INT } = backend.binding
  return ({ x, gamma, beta, mean, variance, epsilon, activation }: NormaliseInput) =>
    tf.tidy(() => {
      const attributes: OpAttribute[] = [
        { name: 'activation', type: TF_ATTR_INT, value: numberOf(activation) },
        { name: 'epsilon', type: TF_ATTR_FLOAT, value: epsilon },
      ]
      const inputs = [x, gamma ?? tf.ones(mean.shape), beta ?? tf.zeros(mean.shape), mean, variance]
      return backend.executeSingleOutput('EtsefNormalise', attributes, inputs)
    })
}

/** Number of an activation in the kernels. */
function numberOf(activation: Activation | undefined): number {
  return activation === undefined ? 0 : ACTIVATIONS.get(activation)!
}

function ownScaleChannels(tf: Tf): NonNullable<EngineKernels['scaleChannels']> {
  const backend = nativeBackend(tf)
  return tf.customGrad((...inputs) => {
    const [x, factor] = inputs as Tensor[]
    const save = inputs.at(-1) as unknown as (tensors: Tensor[]) => void
    save([x!, factor!])
    return {
      value: backend.executeSingleOutput('EtsefScaleChannels', [], [x!, factor!]),
      gradFunc: (dy: Tensor, saved: Tensor[]) =>
        backend.executeMultipleOutputs('EtsefScaleChannelsGrad', [], [dy, ...saved], 2),
    }
  })
}

/** Attributes of the depthwise convolution, as TensorFlow.js hands them to its gradient. */
interface DepthwiseAttributes {
  readonly strides: number | readonly [number, number]
  readonly pad: string | number | object
  readonly dilations?: number | readonly [number, number]
}

/** Filters of 3 x 3 and 5 x 5 get our gradient; all others, and the gradient of the input, TensorFlow's. */
function installFilterGradient(tf: Tf): void {
  const kernelName = 'DepthwiseConv2dNative'
  const stock = tf.getGradient(kernelName)
  tf.unregisterGradient(kernelName)
  tf.registerGradient({
    ...stock,
    gradFunc: (dy, saved, attributes) => {
      const gradients = stock.gradFunc(dy, saved, attributes)
      const [x, filter] = saved as [Tensor4D, Tensor4D]
      const own = filterAttributes(tf, x, filter, attributes as unknown as DepthwiseAttributes)
      if (own === undefined) return gradients
      return {
        ...gradients,
        filter: () => nativeBackend(tf).executeSingleOutput('EtsefDepthwiseFilterGrad', own, [x, dy as Tensor]),
      }
    },
  })
}

function filterAttributes(
  tf: Tf,
  x: Tensor4D,
  filter: Tensor4D,
  { strides, pad, dilations = 1 }: DepthwiseAttributes,
): OpAttribute[] | undefined {
  const [height, width, , multiplier] = filter.shape
  const isSquare = height === width && (height === 3 || height === 5)
  if (tf.getBackend() !== 'tensorflow' || !isSquare || multiplier !== 1) return undefined
  if (pad !== 'same' && pad !== 'valid') return undefined
  const [stride, across] = typeof strides === 'number' ? [strides, strides] : strides
  if (stride !== across || [dilations].flat().some((dilation) => dilation !== 1)) return undefined
  const { padInfo } = tf.backend_util.computeConv2DInfo(x.shape, filter.shape, stride, 1, pad, undefined, true)
  const type = nativeBackend(tf).binding.TF_ATTR_INT
  return Object.entries({ stride, top: padInfo.top, left: padInfo.left, size: height }).map(([name, value]) => ({
    name,
    type,
    value,
  }))
}
