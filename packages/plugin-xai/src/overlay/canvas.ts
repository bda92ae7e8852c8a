import { glyph } from './font.js'

/** Red, green, blue in [0, 255]. */
export type Color = readonly [number, number, number]

/** An RGB picture that is drawn on. Coordinates are pixels from the upper left; what falls outside is left out. */
export class Canvas {
  readonly height: number
  readonly width: number
  /** Row-major `[height, width, 3]`. */
  readonly data: Uint8Array

  constructor(height: number, width: number, background: Color = [255, 255, 255]) {
    this.height = height
    this.width = width
    this.data = new Uint8Array(height * width * 3)
    this.fill(0, 0, height, width, background)
  }

  /** Sets a pixel. */
  set(row: number, column: number, [red, green, blue]: Color): void {
    if (row < 0 || column < 0 || row >= this.height || column >= this.width) return
    const at = (row * this.width + column) * 3
    this.data[at] = red
    this.data[at + 1] = green
    this.data[at + 2] = blue
  }

  /** Fills a rectangle. */
  fill(top: number, left: number, height: number, width: number, color: Color): void {
    for (let row = top; row < top + height; row++)
      for (let column = left; column < left + width; column++) this.set(row, column, color)
  }

  /** Draws pixels `[height, width, 3]`. */
  draw(top: number, left: number, height: number, width: number, color: (row: number, column: number) => Color): void {
    for (let row = 0; row < height; row++)
      for (let column = 0; column < width; column++) this.set(top + row, left + column, color(row, column))
  }

  /**
   * Writes a line of text in a built-in 5×7 font (no font of the machine is needed, so figures are the same everywhere).
   *
   * @param maxWidth - Longer text is cut and ends in `..`.
   */
  text(
    top: number,
    left: number,
    text: string,
    { color = [20, 20, 20] as Color, scale = 1, maxWidth = Infinity } = {},
  ): void {
    const room = Math.max(0, Math.floor(maxWidth / (6 * scale)))
    const fitted = text.length <= room ? text : `${text.slice(0, Math.max(0, room - 2))}..`
    Array.from(fitted).forEach((character, index) => {
      glyph(character).forEach((bits, column) => {
        for (let row = 0; row < 8; row++) {
          if ((bits >> row) & 1) this.fill(top + row * scale, left + (index * 6 + column) * scale, scale, scale, color)
        }
      })
    })
  }
}
