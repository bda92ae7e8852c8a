import type { Tensor } from '@tensorflow/tfjs-core'
import type { ConvolutionInput, EngineKernels, Tf } from '../engine.js'
import { nativeBackend, type OpAttribute } from './native-backend.js'

/** Convolutions of `native/convolution.h`: in parts that no number of threads changes, so the same bits on one as on two. */
export function ownConvolution(tf: Tf): NonNullable<EngineKernels['convolve']> {
  const backend = nativeBackend(tf)
  const type = backend.binding.TF_ATTR_INT
  return ({ x, filter, depthwise, stride, padding }: ConvolutionInput) => {
    const attributes: OpAttribute[] = [
      { name: 'depthwise', type, value: Number(depthwise) },
      { name: 'stride', type, value: stride },
      { name: 'same', type, value: Number(padding === 'same') },
    ]
    const convolve = tf.customGrad((...inputs) => {
      const [image, kernel] = inputs as Tensor[]
      const save = inputs.at(-1) as unknown as (tensors: Tensor[]) => void
      save([image!, kernel!])
      return {
        value: backend.executeSingleOutput('EtsefConvolution', attributes, [image!, kernel!]),
        gradFunc: (dy: Tensor, saved: Tensor[]) =>
          backend.executeMultipleOutputs('EtsefConvolutionGrads', attributes, [...saved, dy], 2),
      }
    })
    return convolve(x, filter)
  }
}
