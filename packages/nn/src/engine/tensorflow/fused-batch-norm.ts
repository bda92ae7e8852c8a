import type { Tensor } from '@tensorflow/tfjs-core'
import type { BatchNormInput, EngineKernels, Tf } from '../engine.js'
import { floatType, nativeBackend, type OpAttribute } from './native-backend.js'

/**
 * Training batch norm by `FusedBatchNormV3` and its native gradient: two operations where stock TensorFlow.js composes about
 * forty with several full-size temporaries.
 */
export function fusedBatchNorm(tf: Tf): EngineKernels['batchNorm'] {
  const backend = nativeBackend(tf)
  const { TF_ATTR_BOOL, TF_ATTR_FLOAT, TF_ATTR_STRING } = backend.binding
  const attributes = (epsilon: number): OpAttribute[] => [
    floatType(backend),
    floatType(backend, 'U'),
    { name: 'epsilon', type: TF_ATTR_FLOAT, value: epsilon },
    { name: 'data_format', type: TF_ATTR_STRING, value: 'NHWC' },
    { name: 'is_training', type: TF_ATTR_BOOL, value: true },
  ]
  return ({ x, gamma, beta, movingMean, movingVariance, epsilon, momentum }: BatchNormInput) => {
    const channels = x.shape[3]
    const factor: OpAttribute = { name: 'exponential_avg_factor', type: TF_ATTR_FLOAT, value: 1 - momentum }
    const normalise = tf.customGrad((...inputs) => {
      const [input, scale, offset] = inputs as Tensor[]
      const save = inputs.at(-1) as unknown as (tensors: Tensor[]) => void
      const [y, mean, variance, r1, r2, r3] = backend.executeMultipleOutputs(
        'FusedBatchNormV3',
        [...attributes(epsilon), factor],
        [input!, scale!, offset!, movingMean, movingVariance],
        6,
      )
      // Written here, because the scope around this function frees everything but `y`.
      movingMean.assign(mean!)
      movingVariance.assign(variance!)
      save([input!, scale!, r1!, r2!, r3!])
      return {
        value: y!,
        gradFunc: (dy: Tensor, saved: Tensor[]) => {
          const [savedInput, savedScale, ...reserves] = saved
          const outputs = backend.executeMultipleOutputs(
            'FusedBatchNormGradV3',
            attributes(epsilon),
            [dy, savedInput!, savedScale!, ...reserves],
            5,
          )
          outputs[3]!.dispose()
          outputs[4]!.dispose()
          return outputs.slice(0, 3)
        },
      }
    })
    return normalise(x, gamma ?? tf.ones([channels]), beta ?? tf.zeros([channels]))
  }
}
