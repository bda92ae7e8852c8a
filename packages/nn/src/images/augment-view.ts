import type { PixelImage, Rng } from '@etsef/plugin-api'
import { scaleColour, shiftHue } from './color.js'
import { gaussianBlur } from './gaussian-blur.js'
import { toSquareRgb, type Box } from './to-square-rgb.js'

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
 * One random view of a picture: resized crop, flip, colour jitter in random order, colour drop, blur. The crop is cut from the picture
 * as it was decoded and resized once, with antialias.
 *
 * @param image - Decoded picture of any size; left alone.
 * @param target - Receives RGB in [0, 255], float, `[side, side, 3]`.
 */
export function augmentView(
  image: PixelImage,
  side: number,
  options: ViewOptions,
  rng: Rng,
  target: Float32Array,
): void {
  const isFlipped = rng.next() < options.flip
  const crop = toSquareRgb(image, side, drawCrop(image.shape[0], image.shape[1], options.cropScale, rng))
  if (isFlipped) setFlipped(crop, side, target)
  else target.set(crop)
  if (rng.next() < options.jitter) {
    for (const change of rng.shuffle(['brightness', 'contrast', 'saturation', 'hue'] as const)) {
      const strength = options[change]
      if (strength === 0) continue
      if (change === 'hue') shiftHue(target, rng.uniform(-strength, strength))
      else scaleColour(target, change, rng.uniform(Math.max(0, 1 - strength), 1 + strength))
    }
  }
  if (rng.next() < options.grayscale) scaleColour(target, 'saturation', 0)
  if (rng.next() < options.blur) {
    const sigma = rng.uniform(...options.blurSigma) * side
    // Below, neighbours weigh less than a billionth.
    if (sigma > 0.15) target.set(gaussianBlur(target, [side, side, 3], { sigma }))
  }
}

/**
 * Torchvision's rule: area share in `scale`, aspect in [3/4, 4/3] on a log scale, ten tries, else the whole picture. The aspect is that of
 * the square which networks see, so that crops of long pictures are not squeezed further.
 */
export function drawCrop(height: number, width: number, scale: readonly [number, number], rng: Rng): Box {
  for (let attempt = 0; attempt < 10; attempt++) {
    const area = rng.uniform(...scale)
    const aspect = Math.exp(rng.uniform(Math.log(3 / 4), Math.log(4 / 3)))
    const w = Math.round(width * Math.sqrt(area * aspect))
    const h = Math.round(height * Math.sqrt(area / aspect))
    if (w < 1 || h < 1 || w > width || h > height) continue
    return { height: h, width: w, top: rng.integer(height - h + 1), left: rng.integer(width - w + 1) }
  }
  return { height, width, top: 0, left: 0 }
}

/** Left and right swapped. */
function setFlipped(pixels: Uint8Array, side: number, target: Float32Array): void {
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const from = (y * side + side - 1 - x) * 3
      const to = (y * side + x) * 3
      for (let c = 0; c < 3; c++) target[to + c] = pixels[from + c]!
    }
  }
}
