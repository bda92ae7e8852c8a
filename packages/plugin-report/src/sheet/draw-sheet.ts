import { cssFont, fitText, newCanvas, typesetting, type Canvas, type SKRSContext2D } from '@etsef/drawing'
import type { PixelImage } from '@etsef/plugin-api'

/** A picture and the words under it. */
export interface SheetCell {
  readonly image: PixelImage
  readonly caption: string
}

const side = 192
const gap = 8
const lineHeight = 13
const maxLines = 5
const text = { size: 10 }

/** Cells row by row, all pictures as large as fits their square, words below. */
export function drawSheet(rows: readonly (readonly SheetCell[])[]): Canvas {
  const columns = Math.max(...rows.map((row) => row.length))
  const height = side + maxLines * lineHeight + 2 * gap
  const canvas = newCanvas(columns * (side + gap) + gap, rows.length * height + gap)
  const context = canvas.getContext('2d')
  context.imageSmoothingQuality = 'high'
  for (const [r, row] of rows.entries()) {
    for (const [c, cell] of row.entries()) drawCell(context, cell, { x: gap + c * (side + gap), y: gap + r * height })
  }
  return canvas
}

function drawCell(
  context: SKRSContext2D,
  { image, caption }: SheetCell,
  at: { readonly x: number; readonly y: number },
) {
  const [rows, columns] = image.shape
  const scale = side / Math.max(rows, columns)
  context.drawImage(canvasOf(image), at.x, at.y, columns * scale, rows * scale)
  context.fillStyle = '#222222'
  for (const [i, line] of fitText(caption, { ...text, maxWidth: side, maxLines }).entries()) {
    const set = typesetting().set(line)
    context.font = cssFont(set.family, text)
    context.fillText(set.text, at.x, at.y + side + (i + 1) * lineHeight)
  }
}

function canvasOf({ shape: [height, width, channels], data, dtype }: PixelImage): Canvas {
  const canvas = newCanvas(width, height)
  const context = canvas.getContext('2d')
  const pixels = context.createImageData(width, height)
  const scale = dtype === 'uint16' ? 1 / 257 : 1
  for (let at = 0; at < height * width; at++) {
    for (let c = 0; c < 3; c++) pixels.data[4 * at + c] = data[at * channels + (channels > 2 ? c : 0)]! * scale
    pixels.data[4 * at + 3] = 255
  }
  context.putImageData(pixels, 0, 0)
  return canvas
}
