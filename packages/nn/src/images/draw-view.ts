import type { Rng } from '@etsef/plugin-api'
import type { Box } from './to-square-rgb.js'
import type { ViewOptions } from './view-options.js'

/** What is done to a picture to make one view of it, in this order; plain data, so that a view can be made again and told of. */
export interface ViewParameters {
  /** Part that is kept, in pixels of the picture; it is resized to the square that is wanted. */
  readonly crop: Box
  readonly isFlipped: boolean
  readonly isUpsideDown: boolean
  readonly rotationDegrees: number
  readonly zoom: number
  /** Factors of brightness, contrast and saturation, turns of hue, in order. */
  readonly colour: readonly { readonly change: ColourChange; readonly amount: number }[]
  readonly isGrey: boolean
  /** As a share of the side; 0 for none. */
  readonly blurSigma: number
}

/** What colour jitter changes. */
export type ColourChange = 'brightness' | 'contrast' | 'saturation' | 'hue'

/** Draws a view of a picture of this size. */
export function drawView(height: number, width: number, options: ViewOptions, rng: Rng): ViewParameters {
  const isFlipped = rng.next() < options.flip
  const drawn = drawCrop(height, width, options.cropScale, rng)
  // An aspect so near 1 that it rounds to almost all of the picture is still no crop.
  const crop = options.cropScale[0] >= 1 ? { top: 0, left: 0, height, width } : drawn
  const colour: { change: ColourChange; amount: number }[] = []
  if (rng.next() < options.jitter) {
    for (const change of rng.shuffle(['brightness', 'contrast', 'saturation', 'hue'] as const)) {
      const strength = options[change]
      if (strength === 0) continue
      const [low, high] = change === 'hue' ? [-strength, strength] : [Math.max(0, 1 - strength), 1 + strength]
      colour.push({ change, amount: rng.uniform(low, high) })
    }
  }
  const isGrey = rng.next() < options.grayscale
  const blurSigma = rng.next() < options.blur ? rng.uniform(...options.blurSigma) : 0
  // Drawn last, and from a generator of their own: recipes without them draw what they always did.
  const { verticalFlip = 0, rotationDegrees: most = 0, zoom: range = [1, 1] } = options
  const pose = rng.fork('pose')
  const isUpsideDown = pose.next() < verticalFlip
  const rotationDegrees = most === 0 ? 0 : pose.uniform(-most, most)
  const zoom = range[0] === range[1] ? range[0] : pose.uniform(...range)
  return { crop, isFlipped, isUpsideDown, rotationDegrees, zoom, colour, isGrey, blurSigma }
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
