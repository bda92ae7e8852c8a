import type { Rank, Tensor } from '@tensorflow/tfjs-core'
import { loadTensorflow } from '../engine/tensorflow/load-tensorflow.js'
import type { Engine } from '../engine/engine.js'
import type { Activation } from '../graph/graph.js'
import type { BindingPackage } from './engine-cache.js'

const TOLERANCE = 1e-4

const [path, name, ownKernels] = process.argv.slice(2)
if (path === undefined || name === undefined) throw new Error('usage: self-test-child <binding> <package>')
const engine = loadTensorflow({ path, package: name as BindingPackage }, 1, ownKernels)
checkConvolutionGradient(engine)
checkDepthwiseGradient(engine)
checkSharedConvolution(engine)
checkBatchNorm(engine)
checkFusedActivations(engine)
checkNormalise(engine)
checkChannelProduct(engine)
checkAdam(engine)
process.stdout.write(`${JSON.stringify({ tensorflowVersion: engine.id.slice('tensorflow-'.length).split('+')[0] })}\n`)

/** Sum of a 2x2 valid convolution of 0…8: the kernel gradient is the sum of each shifted window. */
function checkConvolutionGradient({ tf }: Engine): void {
  const x = tf.tensor4d([0, 1, 2, 3, 4, 5, 6, 7, 8], [1, 3, 3, 1])
  const kernel = tf.tensor4d([1, -1, 2, 0.5], [2, 2, 1, 1])
  const gradient = tf.grad((k) => tf.sum(tf.conv2d(x, k as typeof kernel, 1, 'valid')))(kernel)
  expectClose('convolution gradient', gradient.dataSync(), [8, 12, 20, 24])
}

/** Filter gradient of a 3x3 depthwise convolution of 0…8 with padding, two equal pictures and channels: sums of the shifted pictures. */
function checkDepthwiseGradient({ tf }: Engine): void {
  const x = tf.tensor4d(Array.from({ length: 36 }, (_, i) => (i >> 1) % 9), [2, 3, 3, 2]) // prettier-ignore
  const filter = tf.ones<Rank.R4>([3, 3, 2, 1])
  const gradient = tf.grad((f) => tf.sum(tf.depthwiseConv2d(x, f as typeof filter, 1, 'same')))(filter)
  const sums = [8, 15, 12, 21, 36, 27, 20, 33, 24].map((sum) => 2 * sum)
  expectClose(
    'depthwise gradient',
    gradient.dataSync(),
    sums.flatMap((sum) => [sum, sum]),
  )
}

/** The convolutions that threads share give the values and gradients of TensorFlow's; an odd number of pictures. */
function checkSharedConvolution({ tf, kernels }: Engine): void {
  const { convolve } = kernels
  if (convolve === undefined) return
  const x = tf.tensor4d(Array.from({ length: 3 * 5 * 4 * 2 }, (_, i) => Math.sin(i)), [3, 5, 4, 2]) // prettier-ignore
  const filter = tf.tensor4d(Array.from({ length: 36 }, (_, i) => Math.cos(i)), [3, 3, 2, 2]) // prettier-ignore
  for (const depthwise of [false, true]) {
    for (const [stride, padding] of [
      [1, 'same'],
      [2, 'same'],
      [2, 'valid'],
    ] as const) {
      // prettier-ignore
      const plain = (a: Tensor, b: Tensor): Tensor =>
        depthwise
          ? tf.depthwiseConv2d(a as typeof x, b as typeof x, stride, padding)
          : tf.conv2d(a as typeof x, b as typeof x, stride, padding)
      const shared = (a: Tensor, b: Tensor): Tensor =>
        convolve({ x: a as typeof x, filter: b as typeof x, depthwise, stride, padding })
      const results = [shared, plain].map((run) =>
        [run(x, filter), ...tf.grads((a: Tensor, b: Tensor) => tf.sum(tf.square(run(a, b))))([x, filter])].flatMap(
          (tensor) => Array.from(tensor.dataSync()),
        ),
      )
      expectClose(`shared convolution (stride ${String(stride)}, ${padding})`, results[0]!, results[1]!)
    }
  }
}

/** An activation fused into batch norm gives what batch norm and then the activation give, value and gradient; odd sizes. */
function checkFusedActivations({ tf, kernels }: Engine): void {
  const x = tf.tensor4d(
    Array.from({ length: 3 * 3 * 7 * 5 }, (_, i) => 7 * Math.sin(i * i)),
    [3, 3, 7, 5],
  )
  const weight = tf.tensor4d(Array.from({ length: x.size }, (_, i) => Math.cos(i)), x.shape) // prettier-ignore
  const gamma = tf.tensor1d([1, -2, 3, 0.5, 4])
  const beta = tf.tensor1d([0, 1, -1, 2, 0.5])
  const plain: Record<string, (y: Tensor) => Tensor> = {
    relu: (y) => tf.relu(y),
    relu6: (y) => tf.relu6(y),
    swish: (y) => tf.mul(y, tf.sigmoid(y)),
    hardSwish: (y) => tf.mul(y, tf.div(tf.relu6(tf.add(y, 3)), 6)),
  }
  const norm = (input: Tensor, activation?: Activation): Tensor =>
    kernels.batchNorm({
      x: input as typeof x,
      gamma,
      beta,
      movingMean: tf.variable(tf.zeros([5])),
      movingVariance: tf.variable(tf.ones([5])),
      epsilon: 1e-3,
      momentum: 0.9,
      ...(activation === undefined ? {} : { activation }),
    })
  for (const activation of kernels.fusedActivations ?? []) {
    const results = [(y: Tensor) => norm(y, activation), (y: Tensor) => plain[activation]!(norm(y))].map((run) => [
      Array.from(run(x).dataSync()),
      Array.from(
        tf
          .grad((y: Tensor) => tf.sum(tf.mul(weight, run(y))))(x)
          .dataSync(),
      ),
    ])
    expectClose(`batch norm with ${activation}`, results[0]![0]!, results[1]![0]!)
    expectClose(`gradient of batch norm with ${activation}`, results[0]![1]!, results[1]![1]!)
  }
}

/** Batch norm by given moments, and an activation after it, are TensorFlow's; odd sizes. */
function checkNormalise({ tf, kernels }: Engine): void {
  const { normalise } = kernels
  if (normalise === undefined) return
  const x = tf.tensor4d(Array.from({ length: 3 * 3 * 7 * 5 }, (_, i) => 7 * Math.sin(i * i)), [3, 3, 7, 5]) // prettier-ignore
  const [gamma, beta] = [tf.tensor1d([1, -2, 3, 0.5, 4]), tf.tensor1d([0, 1, -1, 2, 0.5])]
  const [mean, variance] = [tf.tensor1d([0.5, 0, -3, 1, 2]), tf.tensor1d([1, 4, 0.1, 9, 0])]
  const actual = normalise({ x, gamma, beta, mean, variance, epsilon: 1e-3, activation: 'relu6' })
  const expected = tf.relu6(tf.batchNorm(x, mean, variance, beta, gamma, 1e-3))
  expectClose('batch norm by given moments', actual.dataSync(), Array.from(expected.dataSync()))
}

/** The map times one factor per channel, and both gradients, are those of the plain product. */
function checkChannelProduct({ tf, kernels }: Engine): void {
  const { scaleChannels } = kernels
  if (scaleChannels === undefined) return
  const x = tf.tensor4d(
    Array.from({ length: 2 * 3 * 2 * 3 }, (_, i) => Math.sin(i)),
    [2, 3, 2, 3],
  )
  const factor = tf.tensor4d([1, 2, 3, -1, 0.5, 4], [2, 1, 1, 3])
  const weight = tf.tensor4d(Array.from({ length: x.size }, (_, i) => Math.cos(i)), x.shape) // prettier-ignore
  const results = [scaleChannels, (a: Tensor, b: Tensor) => tf.mul(a, b)].map((product) =>
    [
      product(x, factor),
      ...tf.grads((a: Tensor, b: Tensor) => tf.sum(tf.mul(weight, product(a, b))))([x, factor]),
    ].flatMap((tensor) => Array.from(tensor.dataSync())),
  )
  expectClose('channel product', results[0]!, results[1]!)
}

/** [1, 3, 5, 11] has mean 5, variance 14, unbiased 56/3; the gradient of Σy³ is that of the closed form, in float64. */
function checkBatchNorm({ tf, kernels }: Engine): void {
  const x = tf.tensor4d([1, 3, 5, 11], [4, 1, 1, 1])
  const movingMean = tf.variable(tf.tensor1d([0]))
  const movingVariance = tf.variable(tf.tensor1d([1]))
  const run = (input: typeof x) =>
    kernels.batchNorm({
      x: input,
      gamma: tf.tensor1d([2]),
      beta: tf.tensor1d([0.5]),
      movingMean,
      movingVariance,
      epsilon: 1e-3,
      momentum: 0.9,
    })
  expectClose(
    'batch norm',
    run(x).dataSync(),
    [1, 3, 5, 11].map((value) => (2 * (value - 5)) / Math.sqrt(14 + 1e-3) + 0.5),
  )
  expectClose('running mean', movingMean.dataSync(), [0.5])
  expectClose('running variance', movingVariance.dataSync(), [0.9 + 0.1 * (56 / 3)])
  const gradient = tf.grad((input) => tf.sum(tf.pow(run(input as typeof x), 3)))(x)
  expectClose('batch norm gradient', gradient.dataSync(), batchNormCubeGradient([1, 3, 5, 11]))
}

/** Gradient of Σ(2·x̂+0.5)³ with respect to x, in float64. */
function batchNormCubeGradient(x: readonly number[]): number[] {
  const n = x.length
  const mean = x.reduce((sum, value) => sum + value, 0) / n
  const inverse = 1 / Math.sqrt(x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / n + 1e-3)
  const hat = x.map((value) => (value - mean) * inverse)
  const dHat = hat.map((value) => 6 * (2 * value + 0.5) ** 2)
  const meanD = dHat.reduce((sum, value) => sum + value, 0) / n
  const meanDHat = dHat.reduce((sum, value, i) => sum + value * hat[i]!, 0) / n
  return dHat.map((value, i) => inverse * (value - meanD - hat[i]! * meanDHat))
}

/** Two steps of Adam on w = [1, -2] with gradients [0.5, -1] and [0.1, 0.3], Keras' form, in float64. */
function checkAdam({ tf, kernels }: Engine): void {
  const variable = tf.variable(tf.tensor1d([1, -2]))
  const state = {}
  const settings = { learningRate: 0.1, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 }
  const expected = [1, -2]
  const m = [0, 0]
  const v = [0, 0]
  for (const [index, gradient] of [
    [0.5, -1],
    [0.1, 0.3],
  ].entries()) {
    const step = index + 1
    kernels.adam([{ variable, gradient: tf.tensor1d(gradient), state, step, ...settings }])
    const rate = (0.1 * Math.sqrt(1 - 0.999 ** step)) / (1 - 0.9 ** step)
    for (const [i, g] of gradient.entries()) {
      m[i] = 0.9 * m[i]! + 0.1 * g
      v[i] = 0.999 * v[i]! + 0.001 * g * g
      expected[i]! -= (rate * m[i]) / (Math.sqrt(v[i]) + 1e-7)
    }
  }
  expectClose('Adam', variable.dataSync(), expected)
}

function expectClose(what: string, actual: ArrayLike<number>, expected: readonly number[]): void {
  const wrong =
    actual.length !== expected.length ||
    expected.some((value, i) => !(Math.abs(actual[i]! - value) <= TOLERANCE * Math.max(1, Math.abs(value))))
  if (wrong) throw new Error(`${what}: got [${Array.from(actual).join(', ')}], expected [${expected.join(', ')}]`)
}
