import { resize } from '@etsef/nn'

/**
 * A map enlarged to a picture's size, bilinear with half-pixel centres, so that it lies over the picture without a shift.
 *
 * @param map - Row-major `[height, width]`.
 * @returns float32 `[target height, target width]`.
 */
export function upsampleMap(
  map: ArrayLike<number>,
  [height, width]: readonly [number, number],
  target: readonly [height: number, width: number],
): Float32Array {
  return resize({ height, width, channels: 1, data: Float32Array.from(map) }, target[0], target[1]).data
}
