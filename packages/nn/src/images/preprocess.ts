import { badWeights, misuse } from '../errors.js'
/**
 * How pixels in [0, 255] RGB become network input. `tf`: `x / 127.5 - 1`; `torch`: `x / 255`, then ImageNet mean and deviation;
 * `caffe`: BGR, ImageNet mean in pixels subtracted; `identity`: pixels as they are; an object: `(x * scale - mean) / std` per channel.
 */
export type Preprocessing = 'tf' | 'torch' | 'caffe' | 'identity' | CustomPreprocessing

/** Free preprocessing: `(x * scale - mean[c]) / std[c]`, in the given channel order. */
export interface CustomPreprocessing {
  /** Default 1. */
  readonly scale?: number
  readonly mean: readonly number[]
  readonly std: readonly number[]
  /** Default `rgb`. */
  readonly channelOrder?: 'rgb' | 'bgr'
}

/** ImageNet mean and standard deviation of channels in [0, 1], RGB. */
const IMAGENET_MEAN = [0.485, 0.456, 0.406]
const IMAGENET_STD = [0.229, 0.224, 0.225]

/** One affine map per output channel, and the input channel it reads. */
interface Affine {
  readonly source: readonly number[]
  readonly factor: readonly number[]
  readonly offset: readonly number[]
}

/**
 * Pixels as network input. The input is left alone unless it is the output (Keras' function always mutates it).
 *
 * @param pixels - RGB in [0, 255], any number of pictures, channels last.
 * @param output - Where to write; default a new array, and may be the input itself. Must have the same length.
 * @throws RangeError when the length is not a multiple of 3 or lengths differ.
 */
export function preprocess(
  pixels: ArrayLike<number>,
  contract: Preprocessing,
  output: Float32Array = new Float32Array(pixels.length),
): Float32Array {
  if (pixels.length % 3 !== 0) throw misuse(`expected RGB pixels, channels last; received ${pixels.length} values`)
  if (output.length !== pixels.length) throw misuse(`output holds ${output.length} values, expected ${pixels.length}`)
  const { source, factor, offset } = affineOf(contract)
  // Written out: this runs on every pixel of every picture.
  const [first, second, third] = source as [number, number, number]
  const [a, b, c] = factor as [number, number, number]
  const [p, q, r] = offset as [number, number, number]
  for (let i = 0; i < pixels.length; i += 3) {
    // All are read before one is written: `output` may be `pixels`, and channels change places.
    const x = pixels[i + first]!
    const y = pixels[i + second]!
    const z = pixels[i + third]!
    output[i] = x * a + p
    output[i + 1] = y * b + q
    output[i + 2] = z * c + r
  }
  return output
}

/** Network input back to pixels in [0, 255] RGB, not rounded; the inverse of {@link preprocess}. */
export function unpreprocess(input: ArrayLike<number>, contract: Preprocessing): Float32Array {
  const { source, factor, offset } = affineOf(contract)
  const pixels = new Float32Array(input.length)
  for (let i = 0; i < input.length; i += 3) {
    for (let c = 0; c < 3; c++) pixels[i + source[c]!] = (input[i + c]! - offset[c]!) / factor[c]!
  }
  return pixels
}

function affineOf(contract: Preprocessing): Affine {
  const rgb = [0, 1, 2]
  switch (contract) {
    case 'identity':
      return { source: rgb, factor: [1, 1, 1], offset: [0, 0, 0] }
    case 'tf':
      return { source: rgb, factor: [1 / 127.5, 1 / 127.5, 1 / 127.5], offset: [-1, -1, -1] }
    case 'torch':
      return {
        source: rgb,
        factor: IMAGENET_STD.map((std) => 1 / (255 * std)),
        offset: IMAGENET_MEAN.map((mean, c) => -mean / IMAGENET_STD[c]!),
      }
    case 'caffe':
      return { source: [2, 1, 0], factor: [1, 1, 1], offset: [-103.939, -116.779, -123.68] }
    default: {
      const { scale = 1, mean, std, channelOrder = 'rgb' } = contract
      if (mean.length !== 3 || std.length !== 3 || std.some((value) => value === 0)) {
        throw badWeights('preprocessing needs three means and three deviations that are not zero')
      }
      return {
        source: channelOrder === 'rgb' ? rgb : [2, 1, 0],
        factor: std.map((value) => scale / value),
        offset: mean.map((value, c) => -value / std[c]!),
      }
    }
  }
}

/** A preprocessing contract from untrusted data. @throws PipelineError `ERR_WEIGHTS` when it is none. */
export function checkPreprocessing(value: unknown): Preprocessing {
  if (value === 'tf' || value === 'torch' || value === 'caffe' || value === 'identity') return value
  const { scale = 1, mean, std, channelOrder = 'rgb' } = (value ?? {}) as Record<string, unknown>
  const areThree = (list: unknown): list is readonly number[] =>
    Array.isArray(list) && list.length === 3 && list.every((item) => Number.isFinite(item))
  if (
    typeof scale !== 'number' ||
    !areThree(mean) ||
    !areThree(std) ||
    std.includes(0) ||
    (channelOrder !== 'rgb' && channelOrder !== 'bgr')
  ) {
    throw badWeights(
      `preprocessing is ${JSON.stringify(value)}, expected tf, torch, caffe, identity or { scale, mean, std, channelOrder }`,
    )
  }
  return { scale, mean, std, channelOrder }
}
