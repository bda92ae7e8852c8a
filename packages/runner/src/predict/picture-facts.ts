import type { PixelImage } from '@etsef/plugin-api'
import { isNearOneOf, pictureHash } from './picture-hash.js'

/** Greys in a histogram. */
const numBins = 32

/** What of a picture can be compared with those trained on. */
export interface PictureFacts {
  readonly height: number
  readonly width: number
  /** Whether all channels are equal. */
  readonly isGrey: boolean
  /** Shares of its greys, dark to bright, in {@link numBins} steps. */
  readonly histogram: Float64Array
  /** See {@link pictureHash}. */
  readonly hash: string
}

/** Size, colour, greys and pattern of a picture. */
export function factsOf(image: PixelImage): PictureFacts {
  const {
    shape: [height, width, channels],
    data,
    dtype,
  } = image
  const full = dtype === 'uint8' ? 255 : dtype === 'uint16' ? 65535 : 1
  const histogram = new Float64Array(numBins)
  const numPixels = height * width
  let isGrey = true
  for (let at = 0; at < numPixels; at++) {
    let sum = 0
    for (let channel = 0; channel < channels; channel++) {
      const value = data[at * channels + channel]!
      sum += value
      if (value !== data[at * channels]) isGrey = false
    }
    const bin = Math.floor((sum / channels / full) * numBins)
    histogram[Math.min(numBins - 1, Math.max(0, bin))]!++
  }
  return { height, width, isGrey, histogram: histogram.map((count) => count / numPixels), hash: pictureHash(image) }
}

/** What pictures that were trained on are like. */
export interface TrainingProfile {
  readonly numPictures: number
  readonly sides: { readonly least: number; readonly most: number }
  readonly areGrey: boolean
  readonly areColour: boolean
  readonly histogram: Float64Array
  /** Distance of a training picture's greys from their mean that one in a hundred is beyond. */
  readonly distance: number
  /** Hashes of all pictures that were looked at, each once, sorted. */
  readonly hashes: readonly string[]
}

/** The profile of pictures; `undefined` of none. */
export function profileOf(pictures: readonly PictureFacts[]): TrainingProfile | undefined {
  if (pictures.length === 0) return undefined
  const histogram = new Float64Array(numBins)
  for (const picture of pictures)
    picture.histogram.forEach((share, bin) => (histogram[bin]! += share / pictures.length))
  const distances = pictures.map((picture) => distanceOf(picture.histogram, histogram)).sort((a, b) => a - b)
  const sides = pictures.flatMap(({ height, width }) => [height, width])
  return {
    numPictures: pictures.length,
    sides: { least: Math.min(...sides), most: Math.max(...sides) },
    areGrey: pictures.every(({ isGrey }) => isGrey),
    areColour: pictures.every(({ isGrey }) => !isGrey),
    histogram,
    distance: distances[Math.ceil(0.99 * distances.length) - 1]!,
    hashes: [...new Set(pictures.map(({ hash }) => hash))].sort(),
  }
}

/** What about a picture is unlike those that were trained on; empty where nothing is. */
export function differences(picture: PictureFacts, profile: TrainingProfile): readonly string[] {
  const { height, width, isGrey, histogram } = picture
  const found: string[] = []
  if (isGrey && profile.areColour) found.push('grey, where training pictures have colours')
  if (!isGrey && profile.areGrey) found.push('coloured, where training pictures are grey')
  // Twice beyond what was seen: sizes vary, and every picture is brought to one.
  if (Math.min(height, width) * 2 < profile.sides.least) found.push('less than half the size of training pictures')
  if (Math.max(height, width) > 2 * profile.sides.most) found.push('more than twice the size of training pictures')
  if (distanceOf(histogram, profile.histogram) > 1.5 * profile.distance + 0.02)
    found.push('greys unlike those of training pictures')
  return found
}

/** Whether a picture is nearly one of those that were trained on: another encoding, size or brightness of it. */
export function isNearDuplicate({ hash }: PictureFacts, { hashes }: TrainingProfile): boolean {
  return isNearOneOf(hash, hashes)
}

/** Earth mover's distance of two histograms, in shares of the grey range. */
function distanceOf(a: Float64Array, b: Float64Array): number {
  let [sum, moved] = [0, 0]
  for (let bin = 0; bin < numBins; bin++) {
    moved += a[bin]! - b[bin]!
    sum += Math.abs(moved)
  }
  return sum / numBins
}
