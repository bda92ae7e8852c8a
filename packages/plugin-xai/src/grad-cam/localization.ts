/** How well a map agrees with a known lesion; see {@link localize}. */
export interface Localization {
  /** Whether what the map points to lies on the lesion (pointing game). */
  readonly isHit: boolean
  /** Share of the positive evidence that lies on the lesion (energy-based pointing game). */
  readonly energyInside: number
  /** Share of the picture that is lesion: what both would be for a map that knows nothing. */
  readonly area: number
}

/**
 * Agreement of a map with a lesion mask.
 *
 * @param map - Positive part counts; row-major `[height, width]`.
 * @param mask - Same layout; lesion where not 0.
 * @param point - Where the map points; left out: its maximum.
 * @returns `undefined` when the mask is empty (there is nothing to find). A map without positive value hits nothing.
 * @see Zhang et al. 2018, Top-down Neural Attention (pointing game, here without tolerance); Wang et al. 2020, Score-CAM (energy-based)
 */
export function localize(map: ArrayLike<number>, mask: ArrayLike<number>, point?: number): Localization | undefined {
  let [inside, total, lesion, best] = [0, 0, 0, 0]
  let isHit = false
  for (let i = 0; i < map.length; i++) {
    const isLesion = mask[i]! > 0
    const value = Math.max(map[i]!, 0)
    total += value
    if (isLesion) {
      lesion++
      inside += value
    }
    if (value > best) {
      best = value
      isHit = isLesion
    }
  }
  if (point !== undefined) isHit = mask[point]! > 0
  return lesion === 0 ? undefined : { isHit, energyInside: total > 0 ? inside / total : 0, area: lesion / map.length }
}

/**
 * Share of the positive evidence in the frame of the picture (the outer tenth on each side), where burned-in text and padding sit.
 *
 * @returns In [0, 1]; NaN for a map without positive value. A map that knows nothing has about 0.36.
 */
export function borderShare(map: ArrayLike<number>, [height, width]: readonly [number, number]): number {
  const [marginY, marginX] = [Math.max(1, Math.round(height / 10)), Math.max(1, Math.round(width / 10))]
  let [border, total] = [0, 0]
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const value = Math.max(map[row * width + column]!, 0)
      total += value
      if (row < marginY || row >= height - marginY || column < marginX || column >= width - marginX) border += value
    }
  }
  return total > 0 ? border / total : NaN
}
