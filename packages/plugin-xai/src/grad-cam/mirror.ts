import type { PixelImage } from '@etsef/plugin-api'

/** A picture with left and right exchanged. */
export function mirrorPicture({ dtype, shape, data }: PixelImage): PixelImage {
  // Not by slice: that of Node's buffers, which decoders give, is a window on the picture itself.
  const mirrored = new { uint8: Uint8Array, uint16: Uint16Array, float32: Float32Array }[dtype](data.length)
  mirror(data, shape, mirrored)
  return { dtype, shape, data: mirrored }
}

/** A map with left and right exchanged, row-major `[height, width]`. */
export function mirrorMap(map: Float64Array, [height, width]: readonly [number, number]): Float64Array {
  const mirrored = new Float64Array(map.length)
  mirror(map, [height, width, 1], mirrored)
  return mirrored
}

function mirror(
  from: ArrayLike<number>,
  [height, width, channels]: readonly [number, number, number],
  to: { [at: number]: number },
): void {
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < channels; c++)
        to[(y * width + x) * channels + c] = from[(y * width + width - 1 - x) * channels + c]!
}
