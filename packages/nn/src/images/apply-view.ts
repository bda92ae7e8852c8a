import type { PixelImage } from '@etsef/plugin-api'
import { changeColours } from './color.js'
import type { ViewParameters } from './draw-view.js'
import { blurInPlace } from './gaussian-blur.js'
import { toSquareRgb } from './to-square-rgb.js'
import { warpImage } from './warp.js'

/**
 * Makes a view: resized crop, flips, turn and zoom in one resampling, colour changes, colour drop, blur. The crop is cut from the picture
 * as it was decoded and resized once, with antialias; a turn shows the picture mirrored at its edge.
 *
 * @param image - Decoded picture of any size; left alone.
 * @param target - Receives RGB in [0, 255], float, `[side, side, 3]`.
 */
export function applyView(image: PixelImage, side: number, view: ViewParameters, target: Float32Array): void {
  const crop = toSquareRgb(image, side, view.crop)
  const { rotationDegrees, zoom, isFlipped, isUpsideDown } = view
  if (rotationDegrees !== 0 || zoom !== 1 || isUpsideDown) {
    // Upside down is left-right mirrored and turned by half a circle.
    const warp = {
      isFlipped: isFlipped !== isUpsideDown,
      rotationDegrees: rotationDegrees + (isUpsideDown ? 180 : 0),
      zoom,
    }
    target.set(warpImage({ dtype: 'uint8', shape: [side, side, 3], data: crop }, warp, 'reflect'))
  } else if (isFlipped) setFlipped(crop, side, target)
  else target.set(crop)
  changeColours(target, view.isGrey ? [...view.colour, { change: 'saturation', amount: 0 }] : view.colour)
  const sigma = view.blurSigma * side
  // Below, neighbours weigh less than a billionth.
  if (sigma > 0.15) blurInPlace(target, [side, side, 3], { sigma })
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
