import type { Calibration } from '../metrics/calibration.js'
import { categorical } from './palette.js'
import { element, svgDocument, text } from './svg.js'
import { textWidth } from './text.js'

const SIZE = 400
const BARS = 90
const LEFT = 72
const TITLE = 66
const PAD = 20

/**
 * Reliability curve: observed accuracy against mean confidence of each bin, with the diagonal of perfect calibration, and the
 * number of rows per bin below.
 *
 * @param figure - Equal-width calibration bins; ECE and MCE stand below the title.
 * @returns SVG text.
 */
export function reliabilityFigure(figure: { readonly calibration: Calibration; readonly title: string }): string {
  const { calibration, title } = figure
  const subtitle = `ECE ${calibration.ece.toFixed(3)}, MCE ${calibration.mce.toFixed(3)}; dashed: perfect calibration`
  const width = Math.max(LEFT + SIZE + PAD + 10, textWidth(title, 17) + 2 * PAD)
  const barsTop = TITLE + SIZE + 26
  const x = (value: number) => LEFT + value * SIZE
  const y = (value: number) => TITLE + (1 - value) * SIZE
  return svgDocument({
    width,
    height: barsTop + BARS + 56,
    title,
    body: [
      text(title, { x: width / 2, y: 28, size: 16, 'text-anchor': 'middle', 'font-weight': 'bold' }),
      text(subtitle, { x: width / 2, y: 50, 'text-anchor': 'middle' }),
      ...grid(x, y),
      element('line', { x1: x(0), y1: y(0), x2: x(1), y2: y(1), stroke: '#777777', 'stroke-dasharray': '6 4' }),
      ...curve(calibration, x, y),
      ...histogram(calibration, { top: barsTop, x }),
      text('Confidence of the predicted class', { x: x(0.5), y: barsTop + BARS + 40, 'text-anchor': 'middle' }),
      sideways('Fraction predicted right', TITLE + SIZE / 2),
      sideways('Rows', barsTop + BARS / 2),
    ],
  })
}

type Scale = (value: number) => number

function grid(x: Scale, y: Scale): string[] {
  return [
    ...[0, 0.2, 0.4, 0.6, 0.8, 1].flatMap((tick) => [
      element('line', { x1: x(tick), y1: y(0), x2: x(tick), y2: y(1), stroke: '#e4e4e4' }),
      element('line', { x1: x(0), y1: y(tick), x2: x(1), y2: y(tick), stroke: '#e4e4e4' }),
      text(tick.toFixed(1), { x: x(0) - 8, y: y(tick) + 4, size: 12, 'text-anchor': 'end' }),
    ]),
    element('rect', { x: x(0), y: y(1), width: SIZE, height: SIZE, fill: 'none', stroke: '#888888' }),
  ]
}

function curve({ bins }: Calibration, x: Scale, y: Scale): string[] {
  const points = bins.map(({ confidence, accuracy }) => [x(confidence), y(accuracy)] as const)
  const path = points.map(([px, py]) => `${px.toFixed(2)},${py.toFixed(2)}`).join(' ')
  const gaps = bins.map(({ confidence, accuracy }) =>
    element('line', {
      x1: x(confidence),
      y1: y(confidence),
      x2: x(confidence),
      y2: y(accuracy),
      stroke: categorical[3],
      'stroke-width': 1.5,
      'stroke-opacity': 0.6,
    }),
  )
  return [
    ...gaps,
    element('polyline', { points: path, fill: 'none', stroke: categorical[0], 'stroke-width': 2 }),
    ...points.map(([cx, cy]) => element('circle', { cx, cy, r: 4.5, fill: categorical[0], stroke: '#ffffff' })),
  ]
}

function histogram({ bins }: Calibration, { top, x }: { readonly top: number; readonly x: Scale }): string[] {
  const largest = Math.max(...bins.map(({ count }) => count))
  const bars = bins.map(({ low, high, count }) => {
    const height = (count / largest) * (BARS - 4)
    return element('rect', {
      x: x(low) + 1,
      y: top + BARS - height,
      width: Math.max(1, x(high) - x(low) - 2),
      height,
      fill: categorical[5],
    })
  })
  return [
    ...bars,
    element('rect', { x: x(0), y: top, width: SIZE, height: BARS, fill: 'none', stroke: '#888888' }),
    ...[0, 0.2, 0.4, 0.6, 0.8, 1].map((tick) =>
      text(tick.toFixed(1), { x: x(tick), y: top + BARS + 17, size: 12, 'text-anchor': 'middle' }),
    ),
    text(String(largest), { x: x(0) - 8, y: top + 10, size: 12, 'text-anchor': 'end' }),
    text('0', { x: x(0) - 8, y: top + BARS, size: 12, 'text-anchor': 'end' }),
  ]
}

function sideways(label: string, y: number): string {
  return text(label, { x: 20, y, 'text-anchor': 'middle', transform: `rotate(-90 20 ${y})` })
}
