import { reflect } from './border.js'

/** Both passes of {@link gaussianBlur} in JavaScript: what the kernel must equal, and what is used where there is none. */
export function blurPlain(
  values: ArrayLike<number>,
  [height, width, channels]: readonly [number, number, number],
  kernel: Float64Array,
): Float64Array {
  const size = kernel.length
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
