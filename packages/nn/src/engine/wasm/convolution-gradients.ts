import type { KernelConfig, KernelFunc, Tensor2D, Tensor4D, TensorInfo } from '@tensorflow/tfjs-core'
import type { Tf } from '../engine.js'
import { view, wasmBackend, type WasmBackend } from './heap.js'

interface ConvolutionGeometry {
  readonly batchSize: number
  readonly inHeight: number
  readonly inWidth: number
  readonly inChannels: number
  readonly outHeight: number
  readonly outWidth: number
  readonly outChannels: number
  readonly filterHeight: number
  readonly filterWidth: number
  readonly strideHeight: number
  readonly strideWidth: number
  readonly padInfo: { readonly top: number; readonly left: number }
}

interface GradientAttributes {
  readonly strides: number | [number, number]
  readonly pad: 'same' | 'valid' | number
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil'
  readonly dilations?: number | [number, number]
  readonly filterShape?: [number, number, number, number]
  readonly inputShape?: [number, number, number, number]
}

/**
 * Registers the convolution gradients that the WASM backend lacks (filter gradients, depthwise gradients) or has only in a slow
 * form (input gradient). Full convolutions become matrix products on XNNPACK; depthwise ones run in JavaScript on the heap.
 */
export function installConvolutionGradients(tf: Tf): void {
  const backend = wasmBackend(tf)
  register(tf, 'Conv2DBackpropFilter', ({ inputs, attrs }) => {
    const a = attrs as unknown as GradientAttributes
    const x = inputs['x'] as Tensor4D
    const g = tf.backend_util.computeConv2DInfo(x.shape, a.filterShape!, a.strides, 1, a.pad, a.dimRoundingMode)
    return filterGradient(tf, backend, x, inputs['dy'] as Tensor4D, g)
  })
  register(tf, 'Conv2DBackpropInput', ({ inputs, attrs }) => {
    const a = attrs as unknown as GradientAttributes
    const filter = inputs['filter'] as Tensor4D
    const g = tf.backend_util.computeConv2DInfo(a.inputShape!, filter.shape, a.strides, 1, a.pad, a.dimRoundingMode)
    return inputGradient(tf, backend, inputs['dy'] as Tensor4D, filter, g)
  })
  register(tf, 'DepthwiseConv2dNativeBackpropFilter', ({ inputs, attrs }) => {
    const a = attrs as unknown as GradientAttributes
    const x = inputs['x'] as Tensor4D
    const dy = inputs['dy'] as Tensor4D
    const g = tf.backend_util.computeConv2DInfo(x.shape, a.filterShape!, a.strides, 1, a.pad, a.dimRoundingMode, true)
    const out = backend.makeOutput(a.filterShape!, 'float32')
    depthwiseFilterGradient(view(backend, x), view(backend, dy), view(backend, out), g)
    return out
  })
  register(tf, 'DepthwiseConv2dNativeBackpropInput', ({ inputs, attrs }) => {
    const a = attrs as unknown as GradientAttributes
    const dy = inputs['dy'] as Tensor4D
    const filter = inputs['filter'] as Tensor4D
    const g = tf.backend_util.computeConv2DInfo(
      a.inputShape!,
      filter.shape,
      a.strides,
      1,
      a.pad,
      a.dimRoundingMode,
      true,
    )
    const out = backend.makeOutput(a.inputShape!, 'float32')
    depthwiseInputGradient(view(backend, dy), view(backend, filter), view(backend, out), g)
    return out
  })
}

function register(tf: Tf, kernelName: string, kernelFunc: KernelFunc): void {
  if (tf.getKernelsForBackend('wasm').some((kernel) => kernel.kernelName === kernelName))
    tf.unregisterKernel(kernelName, 'wasm')
  const config: KernelConfig = { kernelName, backendName: 'wasm', kernelFunc }
  tf.registerKernel(config)
}

/** `patchesᵀ · dy`, where row `p` of patches holds the inputs that output position `p` saw. */
function filterGradient(tf: Tf, backend: WasmBackend, x: Tensor4D, dy: Tensor4D, g: ConvolutionGeometry): TensorInfo {
  const positions = g.batchSize * g.outHeight * g.outWidth
  const taps = g.filterHeight * g.filterWidth * g.inChannels
  return tf.tidy(() => {
    let transposed: Tensor2D
    if (isPointwise(g)) transposed = tf.transpose(tf.reshape(x, [positions, taps]))
    else {
      transposed = tf.engine().makeTensorFromTensorInfo(backend.makeOutput([taps, positions], 'float32')) as Tensor2D
      transposedPatches(view(backend, x), view(backend, transposed), g)
    }
    const product = tf.matMul(transposed, tf.reshape(dy, [positions, g.outChannels]))
    return tf.reshape(product, [g.filterHeight, g.filterWidth, g.inChannels, g.outChannels])
  })
}

/** Stride-1 convolution of the dilated, padded output gradient with the flipped, transposed filter. */
function inputGradient(
  tf: Tf,
  backend: WasmBackend,
  dy: Tensor4D,
  filter: Tensor4D,
  g: ConvolutionGeometry,
): TensorInfo {
  return tf.tidy(() => {
    if (isPointwise(g)) return tf.conv2d(dy, tf.transpose(filter, [0, 1, 3, 2]), 1, 'valid')
    const flipped = tf.transpose(tf.reverse(filter, [0, 1]), [0, 1, 3, 2])
    const height = g.inHeight + g.filterHeight - 1
    const width = g.inWidth + g.filterWidth - 1
    const info = backend.makeOutput([g.batchSize, height, width, g.outChannels], 'float32')
    const spread = tf.engine().makeTensorFromTensorInfo(info) as Tensor4D
    spreadGradient(view(backend, dy), view(backend, spread), g)
    return tf.conv2d(spread, flipped, 1, 'valid')
  })
}

function isPointwise(g: ConvolutionGeometry): boolean {
  return g.filterHeight === 1 && g.filterWidth === 1 && g.strideHeight === 1 && g.strideWidth === 1
}

function spreadGradient(dy: Float32Array, spread: Float32Array, g: ConvolutionGeometry): void {
  const height = g.inHeight + g.filterHeight - 1
  const width = g.inWidth + g.filterWidth - 1
  const c = g.outChannels
  spread.fill(0)
  for (let n = 0; n < g.batchSize; n++) {
    for (let oy = 0; oy < g.outHeight; oy++) {
      const y = oy * g.strideHeight - g.padInfo.top + g.filterHeight - 1
      if (y < 0 || y >= height) continue
      for (let ox = 0; ox < g.outWidth; ox++) {
        const x = ox * g.strideWidth - g.padInfo.left + g.filterWidth - 1
        if (x < 0 || x >= width) continue
        const from = ((n * g.outHeight + oy) * g.outWidth + ox) * c
        spread.set(dy.subarray(from, from + c), ((n * height + y) * width + x) * c)
      }
    }
  }
}

function transposedPatches(x: Float32Array, patches: Float32Array, g: ConvolutionGeometry): void {
  const positions = g.batchSize * g.outHeight * g.outWidth
  const { inChannels } = g
  patches.fill(0)
  for (let fy = 0; fy < g.filterHeight; fy++) {
    for (let fx = 0; fx < g.filterWidth; fx++) {
      const row = (fy * g.filterWidth + fx) * inChannels
      for (let n = 0; n < g.batchSize; n++) {
        for (let oy = 0; oy < g.outHeight; oy++) {
          const iy = oy * g.strideHeight - g.padInfo.top + fy
          if (iy < 0 || iy >= g.inHeight) continue
          const position = (n * g.outHeight + oy) * g.outWidth
          for (let ox = 0; ox < g.outWidth; ox++) {
            const ix = ox * g.strideWidth - g.padInfo.left + fx
            if (ix < 0 || ix >= g.inWidth) continue
            const from = ((n * g.inHeight + iy) * g.inWidth + ix) * inChannels
            let to = row * positions + position + ox
            for (let c = 0; c < inChannels; c++, to += positions) patches[to] = x[from + c]!
          }
        }
      }
    }
  }
}

/** Calls `visit` with the offsets of each (input pixel, filter tap, output pixel) that meet. */
function forEachTap(g: ConvolutionGeometry, visit: (input: number, tap: number, output: number) => void): void {
  const c = g.inChannels
  for (let n = 0; n < g.batchSize; n++) {
    for (let oy = 0; oy < g.outHeight; oy++) {
      for (let fy = 0; fy < g.filterHeight; fy++) {
        const iy = oy * g.strideHeight - g.padInfo.top + fy
        if (iy < 0 || iy >= g.inHeight) continue
        for (let ox = 0; ox < g.outWidth; ox++) {
          const output = ((n * g.outHeight + oy) * g.outWidth + ox) * c
          for (let fx = 0; fx < g.filterWidth; fx++) {
            const ix = ox * g.strideWidth - g.padInfo.left + fx
            if (ix < 0 || ix >= g.inWidth) continue
            visit(((n * g.inHeight + iy) * g.inWidth + ix) * c, (fy * g.filterWidth + fx) * c, output)
          }
        }
      }
    }
  }
}

function depthwiseFilterGradient(x: Float32Array, dy: Float32Array, out: Float32Array, g: ConvolutionGeometry): void {
  const c = g.inChannels
  const sums = new Float64Array(out.length)
  forEachTap(g, (input, tap, output) => {
    for (let i = 0; i < c; i++) sums[tap + i]! += x[input + i]! * dy[output + i]!
  })
  out.set(sums)
}

function depthwiseInputGradient(
  dy: Float32Array,
  filter: Float32Array,
  out: Float32Array,
  g: ConvolutionGeometry,
): void {
  const c = g.inChannels
  out.fill(0)
  forEachTap(g, (input, tap, output) => {
    for (let i = 0; i < c; i++) out[input + i]! += filter[tap + i]! * dy[output + i]!
  })
}
