import { clamp } from './clamp.js'
import type { ColourChange } from './draw-view.js'
import { imageKernels } from './image-kernels.js'

/** A change of colour: a factor, or for hue a share of the circle. */
export interface ChangeOfColour {
  readonly change: ColourChange
  readonly amount: number
}

/**
 * Changes the colours of RGB pixels in [0, 255], in place, one change after the other. Brightness, contrast and saturation blend with black,
 * the mean grey, or each pixel's own grey, then clamp; hue is that of HSV.
 */
export function changeColours(pixels: Float32Array, changes: readonly ChangeOfColour[]): void {
  if (changes.length === 0) return
  // Four values are written at a time.
  const kernels = imageKernels(pixels.byteLength + 16)
  if (kernels === undefined) {
    for (const each of changes) changeColourPlain(pixels, each)
    return
  }
  const memory = new Float32Array(kernels.memory.buffer, 0, pixels.length)
  memory.set(pixels)
  const numPixels = pixels.length / 3
  for (const { change, amount } of changes) {
    const rest = 1 - amount
    if (change === 'hue') kernels.turnHue(0, numPixels, amount)
    else if (change === 'saturation') kernels.blendWithGrey(0, numPixels, amount, rest)
    else kernels.blend(0, pixels.length, amount, rest, change === 'contrast' ? kernels.meanGrey(0, numPixels) : 0)
  }
  pixels.set(memory)
}

/** As {@link changeColours}, in JavaScript: what the kernels must equal, and what is used where there are none. */
export function changeColourPlain(pixels: Float32Array, { change, amount }: ChangeOfColour): void {
  if (change === 'hue') turnHue(pixels, amount)
  else blend(pixels, change, amount)
}

/** ITU-601 luma, as PIL and torchvision use it. */
function grey(pixels: Float32Array, at: number): number {
  return 0.2989 * pixels[at]! + 0.587 * pixels[at + 1]! + 0.114 * pixels[at + 2]!
}

function blend(pixels: Float32Array, change: 'brightness' | 'contrast' | 'saturation', factor: number): void {
  let mean = 0
  if (change === 'contrast') {
    for (let i = 0; i < pixels.length; i += 3) mean += grey(pixels, i)
    mean /= pixels.length / 3
  }
  for (let i = 0; i < pixels.length; i += 3) {
    const base = change === 'brightness' ? 0 : change === 'contrast' ? mean : grey(pixels, i)
    for (let c = 0; c < 3; c++) pixels[i + c] = clamp(factor * pixels[i + c]! + (1 - factor) * base, 0, 255)
  }
}

function turnHue(pixels: Float32Array, turns: number): void {
  // Written out: this runs on every pixel of a view.
  for (let i = 0; i < pixels.length; i += 3) {
    const r = pixels[i]!
    const g = pixels[i + 1]!
    const b = pixels[i + 2]!
    const max = r > g ? (r > b ? r : b) : g > b ? g : b
    const min = r < g ? (r < b ? r : b) : g < b ? g : b
    const span = max - min
    if (span === 0) continue
    const sector = max === r ? (g - b) / span : max === g ? 2 + (b - r) / span : 4 + (r - g) / span
    const share = sector / 6 + turns
    const sixths = (share - Math.floor(share)) * 6
    pixels[i] = channelOf(5 + sixths, max, span)
    pixels[i + 1] = channelOf(3 + sixths, max, span)
    pixels[i + 2] = channelOf(1 + sixths, max, span)
  }
}

/** A channel of the colour whose hue, from where the channel is full, is `sixths` of the circle. */
function channelOf(sixths: number, max: number, span: number): number {
  const k = sixths >= 6 ? sixths - 6 : sixths
  const fall = k < 4 - k ? k : 4 - k
  return max - span * (fall <= 0 ? 0 : fall >= 1 ? 1 : fall)
}
