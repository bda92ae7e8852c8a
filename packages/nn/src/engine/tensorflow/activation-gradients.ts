import type { Tensor } from '@tensorflow/tfjs'
import type { Tf } from '../engine.js'
import { floatType, nativeBackend } from './native-backend.js'

/** Replaces the composed gradients of Relu, Relu6 and Sigmoid by one native operation each. There is no second derivative any more. */
export function installActivationGradients(tf: Tf): void {
  const backend = nativeBackend(tf)
  const native: readonly (readonly [string, string, boolean])[] = [
    ['Relu', 'ReluGrad', true],
    ['Relu6', 'Relu6Grad', true],
    ['Sigmoid', 'SigmoidGrad', false],
  ]
  for (const [kernelName, gradientName, gradientFirst] of native) {
    tf.unregisterGradient(kernelName)
    tf.registerGradient({
      kernelName,
      outputsToSave: [true],
      gradFunc: (dy, saved) => {
        const y = saved[0]!
        const inputs = gradientFirst ? [dy as Tensor, y] : [y, dy as Tensor]
        return { x: () => backend.executeSingleOutput(gradientName, [floatType(backend)], inputs) }
      },
    })
  }
}
