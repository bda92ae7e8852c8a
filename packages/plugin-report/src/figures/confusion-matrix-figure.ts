import { normaliseRows, trueCounts } from '../metrics/confusion-matrix.js'
import type { ConfusionMatrix } from '../metrics/confusion-matrix.js'
import { sequential } from './palette.js'
import { element, svgDocument, text } from './svg.js'
import { fitText, textWidth } from './text.js'

const FONT = 13
const PAD = 16
const TITLE = 40
const LINE = 16

/**
 * Confusion matrix as a figure: counts left, row shares right; true classes down, predicted classes across.
 *
 * @param figure - `title` stands above both panels; `classNames` in class order (long names wrap, very long ones end in an ellipsis).
 * @returns SVG text.
 */
export function confusionMatrixFigure(figure: {
  readonly matrix: ConfusionMatrix
  readonly classNames: readonly string[]
  readonly title: string
}): string {
  const { matrix, classNames } = figure
  const layout = layOut(classNames, matrix)
  const shares = normaliseRows(matrix)
  const counts = panel(layout, {
    heading: 'Counts',
    left: PAD,
    cell: (t, p) => ({
      share: shares[t * matrix.numClasses + p]!,
      label: String(matrix.counts[t * matrix.numClasses + p]!),
    }),
  })
  const rates = panel(layout, {
    heading: 'Share of the true class, %',
    left: PAD + layout.panelWidth + 2 * PAD,
    cell: (t, p) => {
      const share = shares[t * matrix.numClasses + p]!
      return { share, label: layout.supports[t] === 0 ? '–' : percent(share) }
    },
  })
  const width = Math.max(2 * layout.panelWidth + 4 * PAD, textWidth(figure.title, 16) + 2 * PAD)
  const abstained = matrix.abstentions.reduce((sum, n) => sum + n, 0)
  const height = TITLE + layout.panelHeight + PAD + (abstained > 0 ? 22 : 0)
  const note =
    abstained > 0
      ? [text(`Without a predicted class, and so in no column: ${abstained} of the rows`, { x: PAD, y: height - PAD })]
      : []
  return svgDocument({
    width,
    height,
    title: figure.title,
    body: [
      text(figure.title, { x: width / 2, y: 26, size: 16, 'text-anchor': 'middle', 'font-weight': 'bold' }),
      ...counts,
      ...rates,
      ...note,
    ],
  })
}

interface Layout {
  readonly names: readonly (readonly string[])[]
  readonly supports: Float64Array
  readonly cell: number
  readonly cellFont: number
  readonly labelWidth: number
  readonly labelHeight: number
  readonly isTilted: boolean
  readonly panelWidth: number
  readonly panelHeight: number
}

const HEADING = 26
const AXIS = 24
const GAP = 8

function layOut(classNames: readonly string[], matrix: ConfusionMatrix): Layout {
  const n = classNames.length
  const names = classNames.map((name) => fitText(name, { fontSize: FONT, maxWidth: 150, maxLines: 2 }))
  const labelWidth = Math.max(...names.flat().map((line) => textWidth(line, FONT)))
  const cell = Math.max(38, Math.min(80, 420 / n), n <= 6 ? Math.min(labelWidth + 8, 110) : 0)
  const isTilted = labelWidth > cell - 6
  const numLines = Math.max(...names.map((lines) => lines.length))
  const labelHeight = isTilted ? (labelWidth + numLines * LINE) * Math.SQRT1_2 + 6 : numLines * LINE + 4
  const grid = n * cell
  // A tilted label of the first class reaches left of the grid by as much as it reaches down.
  const overhang = isTilted ? Math.max(0, labelHeight - cell / 2 - AXIS - labelWidth - GAP) : 0
  const left = AXIS + labelWidth + GAP + overhang
  const longest = String(Math.max(...matrix.counts, 100)).length
  return {
    names,
    supports: trueCounts(matrix),
    cell,
    cellFont: Math.min(15, Math.max(10, (cell - 8) / (0.64 * Math.max(longest, 4)))),
    labelWidth: left,
    labelHeight,
    isTilted,
    panelWidth: left + Math.max(grid, 200),
    panelHeight: HEADING + grid + GAP + labelHeight + AXIS,
  }
}

interface Panel {
  readonly heading: string
  readonly left: number
  readonly cell: (trueClass: number, predictedClass: number) => { readonly share: number; readonly label: string }
}

function panel(layout: Layout, { heading, left, cell }: Panel): string[] {
  const { names, cell: size, cellFont, labelHeight, labelWidth, isTilted } = layout
  const n = names.length
  const x0 = left + labelWidth
  const y0 = TITLE + HEADING
  const grid = n * size
  const cells = names.flatMap((_, t) =>
    names.flatMap((__, p) => {
      const { share, label } = cell(t, p)
      const { fill, ink } = sequential(share)
      const x = x0 + p * size
      const y = y0 + t * size
      return [
        element('rect', { x, y, width: size, height: size, fill, stroke: '#ffffff' }),
        text(label, {
          x: x + size / 2,
          y: y + size / 2 + cellFont * 0.36,
          size: cellFont,
          fill: ink,
          'text-anchor': 'middle',
        }),
      ]
    }),
  )
  const rowNames = names.flatMap((lines, t) => {
    const top = y0 + (t + 0.5) * size - ((lines.length - 1) * LINE) / 2 + FONT * 0.36
    return lines.map((line, l) => text(line, { x: x0 - GAP, y: top + l * LINE, 'text-anchor': 'end' }))
  })
  const columnNames = names.flatMap((lines, p) =>
    columnName(lines, { x: x0 + (p + 0.5) * size, y: y0 + grid + GAP, isTilted }),
  )
  const middle = y0 + grid / 2
  return [
    text(heading, { x: x0 + grid / 2, y: y0 - 9, size: 14, 'text-anchor': 'middle' }),
    ...cells,
    element('rect', { x: x0, y: y0, width: grid, height: grid, fill: 'none', stroke: '#888888' }),
    ...rowNames,
    ...columnNames,
    text('True class', {
      x: left + 12,
      y: middle,
      size: 14,
      'text-anchor': 'middle',
      transform: `rotate(-90 ${left + 12} ${middle})`,
    }),
    text('Predicted class', {
      x: x0 + grid / 2,
      y: y0 + grid + GAP + labelHeight + 16,
      size: 14,
      'text-anchor': 'middle',
    }),
  ]
}

function columnName(
  lines: readonly string[],
  { x, y, isTilted }: { readonly x: number; readonly y: number; readonly isTilted: boolean },
): string[] {
  if (!isTilted) return lines.map((line, l) => text(line, { x, y: y + 11 + l * LINE, 'text-anchor': 'middle' }))
  const turned = {
    'text-anchor': 'end',
    transform: `rotate(-45 ${Math.round(x * 100) / 100} ${Math.round(y * 100) / 100})`,
  }
  return lines.map((line, l) => text(line, { x, y: y + 9 + l * LINE, ...turned }))
}

function percent(share: number): string {
  return (100 * share).toFixed(1)
}
