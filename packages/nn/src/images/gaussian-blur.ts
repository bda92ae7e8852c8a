import { blurByKernel } from './blur-by-kernel.js'
import { blurPlain } from './gaussian-blur-plain.js'

/**
 * Sampled Gaussian, normalised to sum 1.
 *
 * @param sigma - Standard deviation in pixels, above 0.
 * @param size - Number of taps, odd.
 * @see torchvision `gaussian_blur` and OpenCV `getGaussianKernel` use the same weights.
 */
export function gaussianKernel(sigma: number, size: number): Float64Array {
  const half = (size - 1) / 2
  const weights = Float64Array.from({ length: size }, (_, i) => Math.exp(-((i - half) ** 2) / (2 * sigma * sigma)))
  const sum = weights.reduce((total, weight) => total + weight, 0)
  return weights.map((weight) => weight / sum)
}

/**
 * Blurs an image with a Gaussian; beyond the edge the picture is mirrored, so a constant image stays constant.
 *
 * Separable; `2·ceil(3·sigma) + 1` taps unless `size` is given (the published code: 9 taps, sigma 1.7).
 *
 * @param values - Row-major `[height, width, channels]`; left alone.
 * @returns New values of the same shape.
 */
export function gaussianBlur(
  values: ArrayLike<number>,
  shape: readonly [number, number, number],
  { sigma, size = 2 * Math.ceil(3 * sigma) + 1 }: { readonly sigma: number; readonly size?: number },
): Float64Array {
  const kernel = gaussianKernel(sigma, size)
  const blurred = new Float64Array(values.length)
  return blurByKernel(values, shape, kernel, blurred) ? blurred : blurPlain(values, shape, kernel)
}

/** As {@link gaussianBlur}; the result takes the place of the picture. */
export function blurInPlace(
  pixels: Float32Array,
  shape: readonly [number, number, number],
  { sigma }: { readonly sigma: number },
): void {
  const kernel = gaussianKernel(sigma, 2 * Math.ceil(3 * sigma) + 1)
  if (!blurByKernel(pixels, shape, kernel, pixels)) pixels.set(blurPlain(pixels, shape, kernel))
}
