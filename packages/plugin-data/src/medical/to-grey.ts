import type { PixelImage } from '@etsef/plugin-api'

/** Which value is black, which is white, and how those between become grey. */
export interface Grey {
  readonly kind: 'linear' | 'linearExact' | 'sigmoid'
  readonly centre: number
  readonly width: number
}

/** The window that shows all values from `low` to `high`. */
export function spanOf(low: number, high: number): Grey {
  return { kind: 'linearExact', centre: (low + high) / 2, width: Math.max(high - low, Number.MIN_VALUE) }
}

/**
 * A value between 0 (black) and 1 (white), as DICOM PS3.3 C.11.2 defines the functions LINEAR, LINEAR_EXACT and SIGMOID. NaN is black.
 *
 * @param width - At least 1 for `linear`, above 0 for the others.
 */
function greyOf(value: number, { kind, centre, width }: Grey): number {
  if (Number.isNaN(value)) return 0
  if (kind === 'sigmoid') return 1 / (1 + Math.exp((-4 * (value - centre)) / width))
  const [middle, span] = kind === 'linear' ? [centre - 0.5, width - 1] : [centre, width]
  if (value <= middle - span / 2) return 0
  if (value > middle + span / 2) return 1
  return (value - middle) / span + 0.5
}

/** Values as a picture of three equal channels, uint8 `[height, width, 3]`: `round(255 · grey)`, turned over where white is the least. */
export function greyPicture(
  values: ArrayLike<number>,
  { height, width }: { readonly height: number; readonly width: number },
  { isInverted = false, ...grey }: Grey & { readonly isInverted?: boolean },
): PixelImage {
  const data = new Uint8Array(height * width * 3)
  for (let i = 0; i < height * width; i++) {
    const level = Math.round(255 * greyOf(values[i]!, grey))
    data.fill(isInverted ? 255 - level : level, i * 3, i * 3 + 3)
  }
  return { dtype: 'uint8', shape: [height, width, 3], data }
}
