import type { PixelImage } from '@etsef/plugin-api'
import { normalizeMap } from '../cam/normalize-map.js'
import { upsampleMap } from '../cam/upsample-map.js'
import { Canvas, type Color } from './canvas.js'
import { heatColor } from './color-map.js'

/** What a panel shows. */
export interface Panel {
  /** uint8 `[height, width, 3]` or one channel. */
  readonly image: PixelImage
  /** Raw map of a layer. */
  readonly map: ArrayLike<number>
  readonly mapShape: readonly [height: number, width: number]
  /** Raw value that full colour stands for; at least the map's maximum. */
  readonly scaleMax: number
  /** Unit of the raw values, e.g. `logit`. */
  readonly unit: string
  /** Lesion where not 0, in the image's shape; outlined. */
  readonly mask?: ArrayLike<number> | undefined
  /** Lines below the pictures. */
  readonly caption: readonly string[]
}

/** Side in pixels that pictures are drawn with. */
const side = 224
const gap = 8
const barWidth = 14
const lineHeight = 11

/** Size of a panel with so many caption lines, `[height, width]`. */
export function panelSize(numLines: number): readonly [height: number, width: number] {
  return [side + 3 * gap + numLines * lineHeight, 2 * side + 4 * gap + barWidth + 7 * 6]
}

/**
 * Original | heat map over the picture | colour bar with raw magnitudes, and a caption.
 *
 * Colour means raw magnitude: the bar runs from 0 to `scaleMax`, and a weak map stays weak in colour. Without positive evidence no colour is drawn.
 */
export function drawPanel({ image, map, mapShape, scaleMax, unit, mask, caption }: Panel): Canvas {
  const [height, width] = panelSize(caption.length)
  const canvas = new Canvas(height, width)
  const [imageHeight, imageWidth, channels] = image.shape
  const pixel = (row: number, column: number): Color => {
    const at =
      (Math.floor(((row + 0.5) * imageHeight) / side) * imageWidth + Math.floor(((column + 0.5) * imageWidth) / side)) *
      channels
    return [image.data[at]!, image.data[at + (channels > 2 ? 1 : 0)]!, image.data[at + (channels > 2 ? 2 : 0)]!]
  }
  const { isEmpty } = normalizeMap(map)
  const heat = upsampleMap(map, mapShape, [side, side])
  canvas.draw(gap, gap, side, side, pixel)
  canvas.draw(gap, 2 * gap + side, side, side, (row, column) => {
    const value = Math.max(heat[row * side + column]!, 0) / scaleMax
    const [red, green, blue] = pixel(row, column)
    if (isEmpty || value <= 0) return [red, green, blue]
    const color = heatColor(value)
    const share = 0.15 + 0.55 * Math.min(value, 1)
    return [
      red * (1 - share) + color[0] * share,
      green * (1 - share) + color[1] * share,
      blue * (1 - share) + color[2] * share,
    ]
  })
  if (mask) {
    outline(canvas, gap, mask, [imageHeight, imageWidth])
    outline(canvas, 2 * gap + side, mask, [imageHeight, imageWidth])
  }
  drawBar(canvas, scaleMax, unit)
  caption.forEach((line, index) => {
    canvas.text(side + 2 * gap + index * lineHeight, gap, line, { maxWidth: width - 2 * gap })
  })
  return canvas
}

function outline(
  canvas: Canvas,
  left: number,
  mask: ArrayLike<number>,
  [height, width]: readonly [number, number],
): void {
  const isLesion = (row: number, column: number): boolean =>
    row >= 0 &&
    column >= 0 &&
    row < side &&
    column < side &&
    mask[Math.floor(((row + 0.5) * height) / side) * width + Math.floor(((column + 0.5) * width) / side)]! > 0
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      if (!isLesion(row, column)) continue
      const isEdge = !(
        isLesion(row - 1, column) &&
        isLesion(row + 1, column) &&
        isLesion(row, column - 1) &&
        isLesion(row, column + 1)
      )
      if (isEdge) canvas.set(gap + row, left + column, [0, 255, 160])
    }
  }
}

function drawBar(canvas: Canvas, scaleMax: number, unit: string): void {
  const left = 3 * gap + 2 * side
  canvas.draw(gap, left, side, barWidth, (row) => heatColor(1 - row / (side - 1)))
  for (const share of [1, 0.5, 0]) {
    const top = gap + Math.round((1 - share) * (side - 8))
    canvas.text(top, left + barWidth + 4, formatNumber(scaleMax * share))
  }
  canvas.text(gap + 12, left + barWidth + 4, unit)
}

/** Three significant digits, in at most six characters. */
export function formatNumber(value: number): string {
  if (value === 0) return '0'
  const short =
    Math.abs(value) >= 0.001 && Math.abs(value) < 9999 ? String(Number(value.toPrecision(3))) : value.toExponential(0)
  return short.slice(0, 7)
}
