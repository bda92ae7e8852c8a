import { clamp } from './clamp.js'

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
  for (let i = 0; i < pixels.length; i += 3) {
    const [r, g, b] = [pixels[i]!, pixels[i + 1]!, pixels[i + 2]!]
    const max = Math.max(r, g, b)
    const span = max - Math.min(r, g, b)
    if (span === 0) continue
    const sector = max === r ? (g - b) / span : max === g ? 2 + (b - r) / span : 4 + (r - g) / span
    const hue = (((sector / 6 + turns) % 1) + 1) % 1
    for (const [c, offset] of [5, 3, 1].entries()) {
      const k = (offset + hue * 6) % 6
      pixels[i + c] = max - span * Math.max(0, Math.min(k, 4 - k, 1))
    }
  }
}
