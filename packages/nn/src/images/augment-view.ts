import type { Rng } from '@etsef/plugin-api'

/** Random changes that make a view of a picture; probabilities in [0, 1], strengths as in SimCLR. */
export interface ViewOptions {
  /** Share of the area a random crop keeps, `[low, high]`; the crop is resized back. */
  readonly cropScale: readonly [number, number]
  /** Probability of a horizontal flip. */
  readonly flip: number
  /** Probability of colour jitter. */
  readonly jitter: number
  /** Largest relative change of brightness, contrast and saturation, and largest hue shift in turns. */
  readonly brightness: number
  readonly contrast: number
  readonly saturation: number
  readonly hue: number
  /** Probability of dropping colour. */
  readonly grayscale: number
  /** Probability of a Gaussian blur. */
  readonly blur: number
  /** Range of the blur's sigma as a share of the picture side. */
  readonly blurSigma: readonly [number, number]
}

/**
 * SimCLR's recipe (`color`), and one for modalities in which colour means nothing and small crops lose the finding (`grayscale`):
 * no saturation, hue or colour drop, gentler crop. `light` is for supervised training: what may change without changing the class.
 *
 * @see Chen et al. 2020, arXiv:2002.05709, appendix A
 */
export const viewPresets: Readonly<Record<'color' | 'grayscale' | 'light', ViewOptions>> = {
  color: {
    cropScale: [0.08, 1],
    flip: 0.5,
    jitter: 0.8,
    brightness: 0.8,
    contrast: 0.8,
    saturation: 0.8,
    hue: 0.2,
    grayscale: 0.2,
    blur: 0.5,
    blurSigma: [0.1 / 224, 2 / 224],
  },
  grayscale: {
    cropScale: [0.3, 1],
    flip: 0.5,
    jitter: 0.8,
    brightness: 0.4,
    contrast: 0.4,
    saturation: 0,
    hue: 0,
    grayscale: 0,
    blur: 0.5,
    blurSigma: [0.1 / 224, 2 / 224],
  },
  light: {
    cropScale: [0.75, 1],
    flip: 0.5,
    jitter: 0.8,
    brightness: 0.15,
    contrast: 0.15,
    saturation: 0,
    hue: 0,
    grayscale: 0,
    blur: 0,
    blurSigma: [0, 0],
  },
}

/**
 * One random view of a picture: resized crop, flip, colour jitter in random order, colour drop, blur.
 *
 * @param pixels - RGB in [0, 255], `[side, side, 3]`; left alone.
 * @param target - Receives RGB in [0, 255], float.
 */
export function augmentView(
  pixels: Uint8Array,
  side: number,
  options: ViewOptions,
  rng: Rng,
  target: Float32Array,
): void {
  randomResizedCrop(pixels, side, options.cropScale, rng.next() < options.flip, rng, target)
  if (rng.next() < options.jitter) {
    for (const change of rng.shuffle(['brightness', 'contrast', 'saturation', 'hue'] as const)) {
      const strength = options[change]
      if (strength === 0) continue
      if (change === 'hue') shiftHue(target, rng.uniform(-strength, strength))
      else scaleColour(target, change, rng.uniform(Math.max(0, 1 - strength), 1 + strength))
    }
  }
  if (rng.next() < options.grayscale) scaleColour(target, 'saturation', 0)
  if (rng.next() < options.blur) blur(target, side, rng.uniform(...options.blurSigma) * side)
}

/** Torchvision's rule: area share in `scale`, aspect in [3/4, 4/3] on a log scale, ten tries, else the whole picture; bilinear. */
function randomResizedCrop(
  pixels: Uint8Array,
  side: number,
  scale: readonly [number, number],
  isFlipped: boolean,
  rng: Rng,
  target: Float32Array,
): void {
  let [height, width, top, left] = [side, side, 0, 0]
  for (let attempt = 0; attempt < 10; attempt++) {
    const area = side * side * rng.uniform(...scale)
    const aspect = Math.exp(rng.uniform(Math.log(3 / 4), Math.log(4 / 3)))
    const w = Math.round(Math.sqrt(area * aspect))
    const h = Math.round(Math.sqrt(area / aspect))
    if (w < 1 || h < 1 || w > side || h > side) continue
    ;[height, width, top, left] = [h, w, rng.integer(side - h + 1), rng.integer(side - w + 1)]
    break
  }
  for (let y = 0; y < side; y++) {
    const sy = clamp(top + ((y + 0.5) * height) / side - 0.5, top, top + height - 1)
    const y0 = Math.floor(sy)
    const y1 = Math.min(y0 + 1, top + height - 1)
    const fy = sy - y0
    for (let x = 0; x < side; x++) {
      const column = isFlipped ? side - 1 - x : x
      const sx = clamp(left + ((column + 0.5) * width) / side - 0.5, left, left + width - 1)
      const x0 = Math.floor(sx)
      const x1 = Math.min(x0 + 1, left + width - 1)
      const fx = sx - x0
      for (let c = 0; c < 3; c++) {
        const above = pixels[(y0 * side + x0) * 3 + c]! * (1 - fx) + pixels[(y0 * side + x1) * 3 + c]! * fx
        const below = pixels[(y1 * side + x0) * 3 + c]! * (1 - fx) + pixels[(y1 * side + x1) * 3 + c]! * fx
        target[(y * side + x) * 3 + c] = above * (1 - fy) + below * fy
      }
    }
  }
}

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

/** Separable Gaussian, kernel cut at three sigma, edges mirrored. */
export function blur(pixels: Float32Array, side: number, sigma: number): void {
  const radius = Math.max(1, Math.ceil(3 * sigma))
  if (sigma < 1e-3) return
  const kernel = Array.from({ length: 2 * radius + 1 }, (_, i) => Math.exp(-((i - radius) ** 2) / (2 * sigma * sigma)))
  const total = kernel.reduce((a, b) => a + b, 0)
  const line = new Float64Array(side * 3)
  const mirror = (i: number): number => (i < 0 ? Math.min(side - 1, -i) : i >= side ? Math.max(0, 2 * side - 2 - i) : i)
  for (const [outer, inner] of [
    [side * 3, 3],
    [3, side * 3],
  ] as const) {
    for (let a = 0; a < side; a++) {
      line.fill(0)
      for (let b = 0; b < side; b++) {
        for (let k = -radius; k <= radius; k++) {
          const weight = kernel[k + radius]! / total
          const from = a * outer + mirror(b + k) * inner
          for (let c = 0; c < 3; c++) line[b * 3 + c]! += weight * pixels[from + c]!
        }
      }
      for (let b = 0; b < side; b++) for (let c = 0; c < 3; c++) pixels[a * outer + b * inner + c] = line[b * 3 + c]!
    }
  }
}

function clamp(value: number, low: number, high: number): number {
  return value < low ? low : value > high ? high : value
}
