import { newCanvas, type Canvas } from '@etsef/drawing'

/** Rows of a sheet: about 16,000 pixels, which every viewer opens. */
const maxRows = 24

/** How many panels a sheet of so many columns takes. */
export function panelsOfSheet(columns: number): number {
  return maxRows * columns
}

/** Panels side by side, row by row; a row is as high as its highest panel. */
export function drawSheet(panels: readonly Canvas[], columns: number): Canvas {
  const across = Math.max(1, Math.min(columns, panels.length))
  const rows = Array.from({ length: Math.ceil(panels.length / across) }, (_, row) =>
    panels.slice(row * across, (row + 1) * across),
  )
  const heights = rows.map((row) => Math.max(...row.map(({ height }) => height)))
  const sheet = newCanvas(
    across * (panels[0]?.width ?? 1),
    heights.reduce((sum, height) => sum + height, 0),
  )
  const context = sheet.getContext('2d')
  let top = 0
  rows.forEach((row, r) => {
    row.forEach((panel, column) => context.drawImage(panel, column * panel.width, top))
    top += heights[r]!
  })
  return sheet
}
