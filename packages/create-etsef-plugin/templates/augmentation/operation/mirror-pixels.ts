import type { PixelImage } from '@etsef/plugin-api'

/** The picture with left and right exchanged; a new array. */
export function mirrorPixels(image: PixelImage): PixelImage {
  const [height, width, channels] = image.shape
  const data = image.data.slice()
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < channels; c++)
        data[(y * width + x) * channels + c] = image.data[(y * width + width - 1 - x) * channels + c]!
  return { ...image, data }
}
