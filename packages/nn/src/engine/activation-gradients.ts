import type { Tensor } from '@tensorflow/tfjs-core'
import type { Tf } from './engine.js'
import { floatType, nativeBackend } from './tensorflow/native-backend.js'
import { allocate, view, wasmBackend } from './wasm/heap.js'

/** Gradient of an activation from its output `y` alone; the input need not be kept. */
interface ActivationGradient {
  readonly kernelName: string
  /** TensorFlow's operation, and whether it wants `dy` before `y`. */
  readonly native: readonly [name: string, gradientFirst: boolean]
  /** The same in JavaScript: writes `dx`. */
  readonly compute: (dy: Float32Array, y: Float32Array, dx: Float32Array) => void
}

const GRADIENTS: readonly ActivationGradient[] = [
  {
    kernelName: 'Relu',
    native: ['ReluGrad', true],
    compute: (dy, y, dx) => {
      for (let i = 0; i < dx.length; i++) dx[i] = y[i]! > 0 ? dy[i]! : 0
    },
  },
  {
    kernelName: 'Relu6',
    native: ['Relu6Grad', true],
    compute: (dy, y, dx) => {
      for (let i = 0; i < dx.length; i++) dx[i] = y[i]! > 0 && y[i]! < 6 ? dy[i]! : 0
    },
  },
  {
    kernelName: 'Sigmoid',
    native: ['SigmoidGrad', false],
    compute: (dy, y, dx) => {
      for (let i = 0; i < dx.length; i++) dx[i] = dy[i]! * y[i]! * (1 - y[i]!)
    },
  },
]

/**
 * Replaces the composed gradients of Relu, Relu6 and Sigmoid by one operation each. TensorFlow.js registers gradients for all
 * backends at once, so each asks which backend is active. There is no second derivative any more.
 */
export function installActivationGradients(tf: Tf): void {
  for (const { kernelName, native, compute } of GRADIENTS) {
    tf.unregisterGradient(kernelName)
    tf.registerGradient({
      kernelName,
      outputsToSave: [true],
      gradFunc: (upstream, saved) => {
        const y = saved[0]!
        const dy = upstream as Tensor
        return {
          x: () => (tf.getBackend() === 'tensorflow' ? runNative(tf, native, dy, y) : onHeap(tf, compute, dy, y)),
        }
      },
    })
  }
}

function runNative(tf: Tf, [name, gradientFirst]: ActivationGradient['native'], dy: Tensor, y: Tensor): Tensor {
  const backend = nativeBackend(tf)
  return backend.executeSingleOutput(name, [floatType(backend)], gradientFirst ? [dy, y] : [y, dy])
}

function onHeap(tf: Tf, compute: ActivationGradient['compute'], dy: Tensor, y: Tensor): Tensor {
  const backend = wasmBackend(tf)
  const dx = allocate(tf, backend, y.shape)
  compute(view(backend, dy), view(backend, y), view(backend, dx))
  return dx
}
