import type { Canvas } from '@napi-rs/canvas'
import { loadCanvas } from './load-canvas.js'

/**
 * A white canvas.
 *
 * @param width - In pixels.
 * @param height - In pixels.
 * @throws PipelineError `ERR_LIBRARY` where the canvas has no binary for this platform.
 */
export function newCanvas(width: number, height: number): Canvas {
  const canvas = loadCanvas().createCanvas(Math.max(1, Math.ceil(width)), Math.max(1, Math.ceil(height)))
  const context = canvas.getContext('2d')
  context.lang = 'en'
  context.fillStyle = '#ffffff'
  context.fillRect(0, 0, canvas.width, canvas.height)
  return canvas
}
