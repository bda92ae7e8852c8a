/** Views of a square picture that test-time augmentation averages over. */
export const ttaModes = ['none', 'horizontalFlip', 'bothFlips', 'flipsAndRotations'] as const

/** One of {@link ttaModes}. */
export type TtaMode = (typeof ttaModes)[number]

/** A symmetry of the square: rows and columns swapped first, then each turned round. */
interface SquareView {
  readonly isTransposed: boolean
  readonly isFlippedVertically: boolean
  readonly isFlippedHorizontally: boolean
}

/** The picture itself comes first. */
const views: Readonly<Record<TtaMode, readonly SquareView[]>> = {
  none: [view(false, false, false)],
  horizontalFlip: [view(false, false, false), view(false, false, true)],
  bothFlips: [view(false, false, false), view(false, false, true), view(false, true, false), view(false, true, true)],
  flipsAndRotations: [false, true].flatMap((isTransposed) =>
    [false, true].flatMap((vertically) =>
      [false, true].map((horizontally) => view(isTransposed, vertically, horizontally)),
    ),
  ),
}

function view(isTransposed: boolean, isFlippedVertically: boolean, isFlippedHorizontally: boolean): SquareView {
  return { isTransposed, isFlippedVertically, isFlippedHorizontally }
}

/** How many views a mode has: 1, 2, 4 or 8. */
export function numViews(mode: TtaMode): number {
  return views[mode].length
}

/**
 * Pictures in one of the views of a mode: no pixel is interpolated, all are moved.
 *
 * @param pixels - RGB bytes `[numPictures, side, side, 3]`; left alone.
 * @returns The pixels themselves for view 0, else a fresh array.
 */
export function squareView(pixels: Uint8Array, side: number, mode: TtaMode, index: number): Uint8Array {
  const { isTransposed, isFlippedVertically, isFlippedHorizontally } = views[mode][index]!
  if (index === 0) return pixels
  const moved = new Uint8Array(pixels.length)
  const length = side * side * 3
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const fromY = isFlippedVertically ? side - 1 - y : y
      const fromX = isFlippedHorizontally ? side - 1 - x : x
      const from = (isTransposed ? fromX * side + fromY : fromY * side + fromX) * 3
      const to = (y * side + x) * 3
      for (let start = 0; start < pixels.length; start += length) {
        moved[start + to] = pixels[start + from]!
        moved[start + to + 1] = pixels[start + from + 1]!
        moved[start + to + 2] = pixels[start + from + 2]!
      }
    }
  }
  return moved
}
