import type { PixelImage } from '@etsef/plugin-api'

/** Mean and standard deviation of each channel, in the values of the picture. */
export function channelStatistics({ shape, data }: PixelImage): { readonly mean: number[]; readonly std: number[] } {
  const [height, width, channels] = shape
  const mean: number[] = []
  const std: number[] = []
  for (let c = 0; c < channels; c++) {
    let sum = 0
    for (let at = c; at < data.length; at += channels) sum += data[at]!
    mean[c] = sum / (height * width)
    let squares = 0
    for (let at = c; at < data.length; at += channels) squares += (data[at]! - mean[c]!) ** 2
    std[c] = Math.sqrt(squares / (height * width))
  }
  return { mean, std }
}
