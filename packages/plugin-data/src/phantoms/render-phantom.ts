import { createRng, type PixelImage } from '@etsef/plugin-api'
import { drawAnatomy, type Modality } from './anatomy.js'
import { drawLesion, lesionAt, lesionKinds, varyLesion, type LesionKind } from './lesion.js'
import { clamp, direction, nearlyNormal } from './noise.js'

/** Names one picture. */
export interface PhantomId {
  readonly modality: Modality
  readonly kind: LesionKind
  /** Patient within modality and kind. */
  readonly patient: number
  /** Slice of the patient. */
  readonly slice: number
}

/** How pictures are drawn. */
export interface PhantomStyle {
  /** Height and width in pixels. */
  readonly size: number
  /** Standard deviation of the pixel noise, as a share of the grey range; larger is harder. */
  readonly noise: number
  /** Which data set: equal seeds give equal pictures. */
  readonly dataSeed: number
  /** Factor of the radius of lesions; default 1. */
  readonly lesionSize?: number
  /** Factor of what lesions change the grey by; default 1. */
  readonly contrast?: number
  /** Burns a mark into the upper edge whose place follows the kind of lesion. */
  readonly borderCue?: boolean
}

/**
 * A synthetic slice with its lesion mask.
 *
 * Slices of a patient share anatomy, lesion place and contrast; they differ in lesion size by ±20 %, in position by ±4 % and in noise. Every
 * patient, `normal` too, has small bright dots that mean nothing. Uses additions, products, quotients and square roots only, which IEEE 754 rounds
 * exactly: the bytes are the same on every machine.
 *
 * @returns `image` uint8 `[size, size, 3]`; `mask` uint8 `[size, size, 1]`, 255 on the lesion and 0 elsewhere.
 */
export function renderPhantom(
  { modality, kind, patient, slice }: PhantomId,
  { size, noise, dataSeed, lesionSize = 1, contrast: contrastFactor = 1, borderCue = false }: PhantomStyle,
): { readonly image: PixelImage; readonly mask: PixelImage } {
  const patientRng = createRng(dataSeed, 'phantom', modality, kind, patient)
  const sliceRng = patientRng.fork('slice', slice)
  const anatomy = drawAnatomy(modality, patientRng.fork('anatomy'))
  const contrast = patientRng.fork('contrast').uniform(0.2, 0.34) * contrastFactor
  const lesion = varyLesion(drawLesion(kind, patientRng.fork('lesion'), lesionSize), sliceRng)
  const dots = drawDots(patientRng.fork('dots'))
  const [shiftX, shiftY] = [sliceRng.uniform(-0.03, 0.03), sliceRng.uniform(-0.03, 0.03)]
  const brightness = sliceRng.uniform(-0.03, 0.03)
  const image = new Uint8Array(size * size * 3)
  const mask = new Uint8Array(size * size)
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const x = (2 * (column + 0.5)) / size - 1 - shiftX
      const y = (2 * (row + 0.5)) / size - 1 - shiftY
      const tissue = anatomy.tissue(x, y)
      const { change, isInside } = lesionAt(lesion, x, y)
      const value =
        anatomy.intensity(x, y) +
        brightness +
        tissue * (contrast * change + dotsAt(dots, x, y)) +
        noise * nearlyNormal(sliceRng)
      const at = row * size + column
      for (let channel = 0; channel < 3; channel++)
        image[at * 3 + channel] = Math.round(clamp(value * anatomy.tint[channel]!, 0, 1) * 255)
      mask[at] = isInside && tissue > 0.5 ? 255 : 0
    }
  }
  if (borderCue) burnMark(image, size, lesionKinds.indexOf(kind))
  return {
    image: { dtype: 'uint8', shape: [size, size, 3], data: image },
    mask: { dtype: 'uint8', shape: [size, size, 1], data: mask },
  }
}

/** A bright mark in the uppermost sixteenth, at one of as many places as there are kinds. */
function burnMark(image: Uint8Array, size: number, place: number): void {
  const [height, width] = [Math.max(1, Math.round(size / 16)), size / lesionKinds.length]
  for (let row = 0; row < height; row++) {
    const [from, to] = [Math.round((place + 0.2) * width), Math.round((place + 0.8) * width)]
    image.fill(230, (row * size + from) * 3, (row * size + Math.max(to, from + 1)) * 3)
  }
}

interface Dot {
  readonly x: number
  readonly y: number
  readonly radius: number
  readonly change: number
}

/** Small spots without meaning: what a classifier must learn to pass over. */
function drawDots(rng: ReturnType<typeof createRng>): Dot[] {
  return Array.from({ length: 1 + rng.integer(3) }, () => {
    const [c, s] = direction(rng)
    const distance = rng.uniform(0.1, 0.6)
    return { x: c * distance, y: s * distance, radius: rng.uniform(0.03, 0.06), change: rng.uniform(-0.15, 0.2) }
  })
}

function dotsAt(dots: readonly Dot[], x: number, y: number): number {
  let change = 0
  for (const dot of dots) {
    const [dx, dy] = [x - dot.x, y - dot.y]
    if (dx * dx + dy * dy < dot.radius * dot.radius) change += dot.change
  }
  return change
}
