import type { Tensor } from '@tensorflow/tfjs-core'
import type { BatchNormInput, EngineKernels, Tf } from '../engine.js'
import { allocate, view, wasmBackend } from './heap.js'

/** Training batch norm in JavaScript on the WASM heap: three passes forward, two backward, no temporaries. */
export function heapBatchNorm(tf: Tf): EngineKernels['batchNorm'] {
  const backend = wasmBackend(tf)
  return ({ x, gamma, beta, movingMean, movingVariance, epsilon, momentum }: BatchNormInput) => {
    const channels = x.shape[3]
    const count = x.size / channels
    const mean = new Float64Array(channels)
    const inverse = new Float64Array(channels)
    const normalise = tf.customGrad((...inputs) => {
      const [input, scale, offset] = inputs as Tensor[]
      const save = inputs.at(-1) as unknown as (tensors: Tensor[]) => void
      const y = allocate(tf, backend, x.shape)
      const values = view(backend, input!)
      moments(values, channels, mean, inverse)
      moveStatistics(view(backend, movingMean), mean, momentum, 1)
      moveStatistics(view(backend, movingVariance), inverse, momentum, count / Math.max(1, count - 1))
      for (let c = 0; c < channels; c++) inverse[c] = 1 / Math.sqrt(inverse[c]! + epsilon)
      affine(values, view(backend, y), mean, inverse, view(backend, scale!), view(backend, offset!))
      save([input!, scale!])
      return {
        value: y,
        gradFunc: (dy: Tensor, saved: Tensor[]) => {
          const dx = allocate(tf, backend, x.shape)
          const dGamma = allocate(tf, backend, [channels])
          const dBeta = allocate(tf, backend, [channels])
          batchNormGradient({
            dy: view(backend, dy),
            x: view(backend, saved[0]!),
            gamma: view(backend, saved[1]!),
            mean,
            inverse,
            dx: view(backend, dx),
            dGamma: view(backend, dGamma),
            dBeta: view(backend, dBeta),
          })
          return [dx, dGamma, dBeta]
        },
      }
    })
    return normalise(x, gamma ?? tf.ones([channels]), beta ?? tf.zeros([channels]))
  }
}

/** Mean and biased variance of each channel, two-pass in float64. */
function moments(x: Float32Array, channels: number, mean: Float64Array, variance: Float64Array): void {
  const count = x.length / channels
  mean.fill(0)
  variance.fill(0)
  for (let i = 0; i < x.length; i += channels) for (let c = 0; c < channels; c++) mean[c]! += x[i + c]!
  for (let c = 0; c < channels; c++) mean[c]! /= count
  for (let i = 0; i < x.length; i += channels) {
    for (let c = 0; c < channels; c++) {
      const d = x[i + c]! - mean[c]!
      variance[c]! += d * d
    }
  }
  for (let c = 0; c < channels; c++) variance[c]! /= count
}

function moveStatistics(moving: Float32Array, batch: Float64Array, momentum: number, correction: number): void {
  for (let c = 0; c < moving.length; c++) moving[c] = momentum * moving[c]! + (1 - momentum) * correction * batch[c]!
}

function affine(
  x: Float32Array,
  y: Float32Array,
  mean: Float64Array,
  inverse: Float64Array,
  gamma: Float32Array,
  beta: Float32Array,
): void {
  const channels = mean.length
  const scale = inverse.map((value, c) => value * gamma[c]!)
  const offset = mean.map((value, c) => beta[c]! - value * scale[c]!)
  for (let i = 0; i < x.length; i += channels) {
    for (let c = 0; c < channels; c++) y[i + c] = x[i + c]! * scale[c]! + offset[c]!
  }
}

interface BatchNormGradient {
  readonly dy: Float32Array
  readonly x: Float32Array
  readonly gamma: Float32Array
  readonly mean: Float64Array
  readonly inverse: Float64Array
  readonly dx: Float32Array
  readonly dGamma: Float32Array
  readonly dBeta: Float32Array
}

/** `dx = γ/σ · (dy − mean(dy) − x̂ · mean(dy · x̂))`. */
function batchNormGradient({ dy, x, gamma, mean, inverse, dx, dGamma, dBeta }: BatchNormGradient): void {
  const channels = mean.length
  const count = x.length / channels
  const sum = new Float64Array(channels)
  const sumHat = new Float64Array(channels)
  for (let i = 0; i < x.length; i += channels) {
    for (let c = 0; c < channels; c++) {
      const d = dy[i + c]!
      sum[c]! += d
      sumHat[c]! += d * (x[i + c]! - mean[c]!)
    }
  }
  const a = new Float64Array(channels)
  const b = new Float64Array(channels)
  const k = new Float64Array(channels)
  for (let c = 0; c < channels; c++) {
    dBeta[c] = sum[c]!
    dGamma[c] = sumHat[c]! * inverse[c]!
    a[c] = gamma[c]! * inverse[c]!
    b[c] = (-a[c]! * inverse[c]! * inverse[c]! * sumHat[c]!) / count
    k[c] = (-a[c]! * sum[c]!) / count - b[c]! * mean[c]!
  }
  for (let i = 0; i < x.length; i += channels) {
    for (let c = 0; c < channels; c++) dx[i + c] = a[c]! * dy[i + c]! + b[c]! * x[i + c]! + k[c]!
  }
}
