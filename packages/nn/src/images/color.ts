import { clamp } from './clamp.js'
import { imageKernels } from './image-kernels.js'

/** ITU-601 luma, as PIL and torchvision use it. */
function grey(pixels: Float32Array, at: number): number {
  return 0.2989 * pixels[at]! + 0.587 * pixels[at + 1]! + 0.114 * pixels[at + 2]!
}

/** Blend with black (brightness), the mean grey (contrast) or each pixel's own grey (saturation), then clamp. */
export function scaleColour(
  pixels: Float32Array,
  change: 'brightness' | 'contrast' | 'saturation',
  factor: number,
): void {
  let mean = 0
  if (change === 'contrast') {
    for (let i = 0; i < pixels.length; i += 3) mean += grey(pixels, i)
    mean /= pixels.length / 3
  }
  for (let i = 0; i < pixels.length; i += 3) {
    const base = change === 'brightness' ? 0 : change === 'contrast' ? mean : grey(pixels, i)
    for (let c = 0; c < 3; c++) pixels[i + c] = clamp(factor * pixels[i + c]! + (1 - factor) * base, 0, 255)
  }
}

/** Turns the HSV hue by a share of the circle. */
export function shiftHue(pixels: Float32Array, turns: number): void {
  const kernels = imageKernels(pixels.byteLength)
  if (kernels === undefined) return turnHuePlain(pixels, turns)
  const memory = new Float32Array(kernels.memory.buffer, 0, pixels.length)
  memory.set(pixels)
  kernels.turnHue(0, pixels.length / 3, turns)
  pixels.set(memory)
}

/** As {@link shiftHue}, in JavaScript: what the kernel must equal, and what is used where there is none. */
export function turnHuePlain(pixels: Float32Array, turns: number): void {
  // Written out: this runs on every pixel of a view.
  for (let i = 0; i < pixels.length; i += 3) {
    const r = pixels[i]!
    const g = pixels[i + 1]!
    const b = pixels[i + 2]!
    const max = r > g ? (r > b ? r : b) : g > b ? g : b
    const min = r < g ? (r < b ? r : b) : g < b ? g : b
    const span = max - min
    if (span === 0) continue
    const sector = max === r ? (g - b) / span : max === g ? 2 + (b - r) / span : 4 + (r - g) / span
    const share = sector / 6 + turns
    const sixths = (share - Math.floor(share)) * 6
    pixels[i] = channelOf(5 + sixths, max, span)
    pixels[i + 1] = channelOf(3 + sixths, max, span)
    pixels[i + 2] = channelOf(1 + sixths, max, span)
  }
}

/** A channel of the colour whose hue, from where the channel is full, is `sixths` of the circle. */
function channelOf(sixths: number, max: number, span: number): number {
  const k = sixths >= 6 ? sixths - 6 : sixths
  const fall = k < 4 - k ? k : 4 - k
  return max - span * (fall <= 0 ? 0 : fall >= 1 ? 1 : fall)
}
