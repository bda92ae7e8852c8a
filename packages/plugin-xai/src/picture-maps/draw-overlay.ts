import { newCanvas, type Canvas } from '@etsef/drawing'
import type { PixelImage } from '@etsef/plugin-api'
import { normalizeMap } from '../grad-cam/normalize-map.js'
import { upsampleMap } from '../grad-cam/upsample-map.js'
import { canvasOf, pixelsOf, tintOf } from '../overlay/draw-panel.js'

/** Bounds of the longer side, in pixels. */
export interface OverlaySize {
  readonly longest: number
  /** Small pictures are enlarged, so that the map can be seen. */
  readonly shortest: number
}

/**
 * The map over the picture and nothing else, in the picture's proportions: for a page that has its own words.
 *
 * @param image - uint8.
 * @param map - Raw, row-major `[height, width]`, stretched over the whole picture; full colour is its maximum.
 */
export function drawOverlay(
  image: PixelImage,
  map: ArrayLike<number>,
  mapShape: readonly [number, number],
  { longest, shortest }: OverlaySize = { longest: 512, shortest: 256 },
): Canvas {
  const [height, width] = image.shape
  const side = Math.min(longest, Math.max(shortest, height, width))
  const scale = side / Math.max(height, width)
  const [rows, columns] = [height, width].map((length) => Math.max(1, Math.round(length * scale))) as [number, number]
  const canvas = newCanvas(columns, rows)
  const context = canvas.getContext('2d')
  context.imageSmoothingQuality = 'high'
  context.drawImage(canvasOf(width, height, pixelsOf(image)), 0, 0, columns, rows)
  const { max, isEmpty } = normalizeMap(map)
  if (!isEmpty)
    context.drawImage(canvasOf(columns, rows, tintOf(upsampleMap(map, mapShape, [rows, columns]), max)), 0, 0)
  return canvas
}
