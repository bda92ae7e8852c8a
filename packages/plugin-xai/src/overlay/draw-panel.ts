import {
  cssFont,
  fitText,
  newCanvas,
  typesetting,
  type Canvas,
  type SKRSContext2D,
  type TextStyle,
} from '@etsef/drawing'
import type { PixelImage } from '@etsef/plugin-api'
import { normalizeMap } from '../grad-cam/normalize-map.js'
import { upsampleMap } from '../grad-cam/upsample-map.js'
import { heatColor } from './color-map.js'

/** What a panel shows. */
export interface Panel {
  /** `[height, width, 3]` or one channel. */
  readonly image: PixelImage
  /** Raw map of a layer. */
  readonly map: ArrayLike<number>
  readonly mapShape: readonly [height: number, width: number]
  /** Raw value that full colour stands for; where the map has larger ones, the bar says so. */
  readonly scaleMax: number
  /** Unit of the raw values, e.g. `logit`. */
  readonly unit: string
  /** Class whose evidence the map shows. */
  readonly explainedClass: string
  /** Lesion where not 0, in the image's shape; outlined. */
  readonly mask?: ArrayLike<number> | undefined
  /** Lines below the pictures; long ones wrap. */
  readonly caption: readonly string[]
}

/** Pixels of the file per pixel of the layout: 192 dots per inch, as charts have. */
export const density = 2

// The layout, in pixels at 96 dots per inch.
const side = 224
const gap = 10
const barWidth = 14
const labelWidth = 44
const headingHeight = 22
const lineHeight = 16
const width = 2 * side + 5 * gap + barWidth + labelWidth + lineHeight
const text: TextStyle = { size: 12 }
const ink = '#222222'
const lesion = '#00ffa0'

/** Where a picture lies, in the layout's pixels. */
interface Box {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

/**
 * Picture | heat map over the picture | colour bar with raw magnitudes, and a caption. Pictures keep their proportions.
 *
 * Colour means raw magnitude: the bar runs from 0 to `scaleMax`, and a weak map stays weak in colour; "≥" stands at its end where the map goes beyond. Without positive evidence no colour is drawn.
 */
export function drawPanel({ image, map, mapShape, scaleMax, unit, explainedClass, mask, caption }: Panel): Canvas {
  const lines = caption.flatMap((line) => fitText(line, { ...text, maxWidth: width - 2 * gap, maxLines: 3 }))
  const canvas = newCanvas(
    width * density,
    (headingHeight + side + 2 * gap + lines.length * lineHeight + gap) * density,
  )
  const context = canvas.getContext('2d')
  context.scale(density, density)
  const [plain, heat] = [gap, 2 * gap + side].map((left) => boxOf(image, left)) as [Box, Box]
  write(context, 'Picture', gap, 15)
  const [heading = ''] = fitText(`Evidence for ${explainedClass}`, { ...text, maxWidth: side })
  write(context, heading, 2 * gap + side, 15)
  const picture = canvasOf(image.shape[1], image.shape[0], pixelsOf(image))
  context.imageSmoothingQuality = 'high'
  for (const box of [plain, heat]) context.drawImage(picture, box.left, box.top, box.width, box.height)
  const { max, isEmpty } = normalizeMap(map)
  if (!isEmpty) {
    const [rows, columns] = [Math.round(heat.height * density), Math.round(heat.width * density)]
    const tint = canvasOf(columns, rows, tintOf(upsampleMap(map, mapShape, [rows, columns]), scaleMax))
    context.drawImage(tint, heat.left, heat.top, heat.width, heat.height)
  }
  if (mask) for (const box of [plain, heat]) outline(context, mask, image.shape, box)
  drawBar(context, scaleMax, unit, max > scaleMax)
  lines.forEach((line, index) => write(context, line, gap, headingHeight + side + gap + (index + 0.8) * lineHeight))
  return canvas
}

/** A picture alone with its caption, as large as it is in a panel: of a row that no map explains. */
export function drawPicture({ image, mask, caption }: Pick<Panel, 'image' | 'mask' | 'caption'>): Canvas {
  const own = side + 2 * gap
  const lines = caption.flatMap((line) => fitText(line, { ...text, maxWidth: side, maxLines: 4 }))
  const canvas = newCanvas(own * density, (headingHeight + side + 2 * gap + lines.length * lineHeight + gap) * density)
  const context = canvas.getContext('2d')
  context.scale(density, density)
  const box = boxOf(image, gap)
  write(context, 'Picture', gap, 15)
  context.imageSmoothingQuality = 'high'
  context.drawImage(canvasOf(image.shape[1], image.shape[0], pixelsOf(image)), box.left, box.top, box.width, box.height)
  if (mask) outline(context, mask, image.shape, box)
  lines.forEach((line, index) => write(context, line, gap, headingHeight + side + gap + (index + 0.8) * lineHeight))
  return canvas
}

/** The image's place in its square, in its own proportions. */
function boxOf({ shape: [height, width] }: PixelImage, left: number): Box {
  const scale = side / Math.max(height, width)
  const [boxWidth, boxHeight] = [width * scale, height * scale]
  return {
    left: left + Math.floor((side - boxWidth) / 2),
    top: headingHeight + Math.floor((side - boxHeight) / 2),
    width: boxWidth,
    height: boxHeight,
  }
}

function write(context: SKRSContext2D, content: string, x: number, y: number): void {
  const set = typesetting().set(content)
  context.font = cssFont(set.family, text)
  context.fillStyle = ink
  context.fillText(set.text, x, y)
}

/** A canvas of pixels. */
export function canvasOf(columns: number, rows: number, rgba: Uint8ClampedArray): Canvas {
  const canvas = newCanvas(columns, rows)
  const context = canvas.getContext('2d')
  const data = context.createImageData(columns, rows)
  data.data.set(rgba)
  context.putImageData(data, 0, 0)
  return canvas
}

/** Pixels of an image as a canvas takes them: 8 bits, grey spread over colours. */
export function pixelsOf({ dtype, shape: [height, width, channels], data }: PixelImage): Uint8ClampedArray {
  const scale = { uint8: 1, uint16: 1 / 257, float32: 255 }[dtype]
  const rgba = new Uint8ClampedArray(height * width * 4)
  for (let i = 0; i < height * width; i++) {
    for (let channel = 0; channel < 3; channel++)
      rgba[4 * i + channel] = scale * data[i * channels + (channels > 2 ? channel : 0)]!
    rgba[4 * i + 3] = 255
  }
  return rgba
}

/** Colours of a map, the stronger the less of the picture shows through; from nothing without evidence, so that no edge is seen there. */
export function tintOf(heat: Float32Array, scaleMax: number): Uint8ClampedArray {
  const rgba = new Uint8ClampedArray(heat.length * 4)
  heat.forEach((raw, i) => {
    const value = Math.max(raw, 0) / scaleMax
    if (value <= 0) return
    rgba.set(heatColor(value), 4 * i)
    rgba[4 * i + 3] = 255 * 0.7 * Math.sqrt(Math.min(value, 1))
  })
  return rgba
}

/** Draws the edges between pixels inside and outside of the lesion. */
function outline(
  context: SKRSContext2D,
  mask: ArrayLike<number>,
  [height, width]: readonly [number, number, number],
  box: Box,
): void {
  const isLesion = (row: number, column: number): boolean =>
    row >= 0 && column >= 0 && row < height && column < width && mask[row * width + column]! > 0
  const [stepX, stepY] = [box.width / width, box.height / height]
  const edge = (row: number, column: number, toRow: number, toColumn: number): void => {
    context.moveTo(box.left + column * stepX, box.top + row * stepY)
    context.lineTo(box.left + toColumn * stepX, box.top + toRow * stepY)
  }
  context.beginPath()
  for (let row = 0; row <= height; row++) {
    for (let column = 0; column <= width; column++) {
      const isInside = isLesion(row, column)
      if (isInside !== isLesion(row - 1, column)) edge(row, column, row, column + 1)
      if (isInside !== isLesion(row, column - 1)) edge(row, column, row + 1, column)
    }
  }
  // A dark edge below keeps the line visible on bright tissue, in grey print too.
  for (const [color, lineWidth] of [
    ['#000000', 3],
    [lesion, 1.5],
  ] as const) {
    context.strokeStyle = color
    context.lineWidth = lineWidth
    context.stroke()
  }
}

function drawBar(context: SKRSContext2D, scaleMax: number, unit: string, isExceeded: boolean): void {
  const left = 3 * gap + 2 * side
  const rows = side * density
  const colors = Array.from({ length: rows }, (_, row) => [...heatColor(1 - row / (rows - 1)), 255])
  context.drawImage(canvasOf(1, rows, Uint8ClampedArray.from(colors.flat())), left, headingHeight, barWidth, side)
  const right = left + barWidth
  const { labels, exponent } = barScale(scaleMax)
  for (const [i, share] of ticks.entries()) {
    const y = headingHeight + (1 - share) * side
    context.fillStyle = '#888888'
    context.fillRect(right, Math.min(y, headingHeight + side - 1), 4, 1)
    const label = i === 0 && isExceeded ? `≥ ${labels[i]!}` : labels[i]!
    write(context, label, right + 7, Math.min(Math.max(y + 4, headingHeight + 9), headingHeight + side))
  }
  const [label = ''] = fitText(exponent === 0 ? unit : `1e${exponent} ${unit}`, { ...text, maxWidth: side })
  context.save()
  context.translate(right + labelWidth + gap + lineHeight, headingHeight + side / 2)
  context.rotate(-Math.PI / 2)
  write(context, label, -typesetting().width(label, text) / 2, -lineHeight / 4)
  context.restore()
}

/** Where a bar has marks, from its upper end down. */
const ticks = [1, 0.75, 0.5, 0.25, 0] as const

/**
 * Numbers at the marks of a bar from `max` down to 0, all with as many decimals: what is very small or large is in units of 10^`exponent`,
 * so that 0.00229 and a quarter of it are 2.29 and 0.57, and not 0.00229 and 6e-4.
 */
export function barScale(max: number): { readonly labels: readonly string[]; readonly exponent: number } {
  const power = max > 0 ? Math.floor(Math.log10(max)) : 0
  const exponent = power < -2 || power > 3 ? power : 0
  const decimals = Math.max(0, 2 - (power - exponent))
  const labels = ticks.map((share) => (share === 0 ? '0' : ((share * max) / 10 ** exponent).toFixed(decimals)))
  return { labels, exponent }
}

/** Three significant digits, in at most six characters. */
export function formatNumber(value: number): string {
  if (value === 0) return '0'
  const short =
    Math.abs(value) >= 0.001 && Math.abs(value) < 9999 ? String(Number(value.toPrecision(3))) : value.toExponential(0)
  return short.slice(0, 7)
}
