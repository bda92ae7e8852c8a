import { reflect } from './border.js'

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
  [height, width, channels]: readonly [number, number, number],
  { sigma, size = 2 * Math.ceil(3 * sigma) + 1 }: { readonly sigma: number; readonly size?: number },
): Float64Array {
  const kernel = gaussianKernel(sigma, size)
  const half = (size - 1) / 2
  const pitch = width * channels
  const across = new Float64Array(values.length)
  const blurred = new Float64Array(values.length)
  // A row with what is mirrored at both ends: without it, most of the time went into asking where a tap lies.
  const line = new Float64Array(pitch + 2 * half * channels)
  for (let row = 0; row < height; row++) {
    for (let column = -half; column < width + half; column++) {
      const from = (row * width + reflect(column, width)) * channels
      const to = (column + half) * channels
      for (let channel = 0; channel < channels; channel++) line[to + channel] = values[from + channel]!
    }
    for (let i = 0; i < pitch; i++) {
      let sum = 0
      for (let tap = 0, at = i; tap < size; tap++, at += channels) sum += kernel[tap]! * line[at]!
      across[row * pitch + i] = sum
    }
  }
  for (let row = 0; row < height; row++) {
    const to = row * pitch
    for (let tap = 0; tap < size; tap++) {
      const from = reflect(row + tap - half, height) * pitch
      const weight = kernel[tap]!
      for (let i = 0; i < pitch; i++) blurred[to + i]! += weight * across[from + i]!
    }
  }
  return blurred
}
