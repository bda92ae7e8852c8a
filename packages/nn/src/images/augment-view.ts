import type { PixelImage, Rng } from '@etsef/plugin-api'
import { applyView } from './apply-view.js'
import { drawView } from './draw-view.js'
import type { ViewOptions } from './view-options.js'

/**
 * One random view of a picture; see {@link drawView} and {@link applyView}.
 *
 * @param target - Receives RGB in [0, 255], float, `[side, side, 3]`.
 */
export function augmentView(
  image: PixelImage,
  side: number,
  options: ViewOptions,
  rng: Rng,
  target: Float32Array,
): void {
  applyView(image, side, drawView(image.shape[0], image.shape[1], options, rng), target)
}
