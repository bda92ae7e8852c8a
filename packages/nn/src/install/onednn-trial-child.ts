import type { Rank, Scalar, Tensor } from '@tensorflow/tfjs-core'
import { loadTensorflow } from '../engine/tensorflow/load-tensorflow.js'
import type { BindingPackage } from './engine-cache.js'

// Convolutions of 1 x 1 from and to as many channels as these, which ResNet50 and DenseNet121 have: oneDNN 3.7 estimates them by an
// integer division, and the divisor is 0 where the size of the first cache is not known. It estimates all others by a division of
// floating-point numbers.
const CHANNELS = [
  [256, 1024],
  [512, 1024],
  [512, 2048],
  [1024, 512],
  [1024, 2048],
] as const

// argv: path of the binding, its package.
const [path, name] = process.argv.slice(2) as [string, BindingPackage]
const { tf } = loadTensorflow({ path, package: name }, 1)
// Sides of the last stages, from pictures of 32 px to such of 224.
for (const side of [1, 2, 3, 4, 7, 14]) {
  for (const [from, to] of CHANNELS) {
    const x = tf.zeros<Rank.R4>([1, side, side, from])
    const filter = tf.zeros<Rank.R4>([1, 1, from, to])
    const sum = (a: Tensor, b: Tensor): Scalar => tf.sum(tf.conv2d(a as typeof x, b as typeof x, 1, 'same'))
    tf.grads(sum)([x, filter])
  }
}
