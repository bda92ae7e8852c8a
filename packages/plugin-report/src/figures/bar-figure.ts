import { categorical } from './palette.js'
import { element, svgDocument, text } from './svg.js'
import { fitText, textWidth } from './text.js'

const PLOT = 420
const ROW = 24
const BAR = 16
const PAD = 20
const LABEL_FONT = 13
const MAX_LABEL = 280

/** Bars, each a stack of one part a class. */
export interface BarFigure {
  readonly title: string
  /** Lines below the title. */
  readonly notes: readonly string[]
  readonly classNames: readonly string[]
  /** In the order shown, from the top; parts are not negative. */
  readonly bars: readonly { readonly name: string; readonly parts: ArrayLike<number> }[]
  /** What the bars measure, with the unit. */
  readonly axis: string
}

/**
 * Horizontal stacked bars, the largest part of the reading at the left; totals stand at the right, classes in the legend in stack order.
 *
 * @returns SVG text.
 */
export function barFigure({ title, notes, classNames, bars, axis }: BarFigure): string {
  const totals = bars.map(({ parts }) => Array.from(parts).reduce((sum, part) => sum + part, 0))
  const ticks = ticksTo(Math.max(...totals, 0))
  const largest = ticks.at(-1)!
  const names = bars.map(({ name }) => fitText(name, { fontSize: LABEL_FONT, maxWidth: MAX_LABEL })[0]!)
  const left = PAD + Math.max(40, ...names.map((name) => textWidth(name, LABEL_FONT))) + 10
  const legend = legendLines(classNames, PLOT + left - PAD)
  const top = 44 + notes.length * 18 + legend.height + 12
  const bottom = top + bars.length * ROW
  const x = (value: number) => left + (value / largest) * PLOT
  const body = [
    text(title, { x: PAD, y: 28, size: 16, 'font-weight': 'bold' }),
    ...notes.map((note, i) => text(note, { x: PAD, y: 50 + i * 18 })),
    ...legend.draw(PAD, 50 + notes.length * 18),
    ...ticks.flatMap((tick) => [
      element('line', { x1: x(tick), y1: top, x2: x(tick), y2: bottom, stroke: '#e4e4e4' }),
      text(format(tick), { x: x(tick), y: bottom + 17, size: 12, 'text-anchor': 'middle' }),
    ]),
    ...bars.flatMap(({ parts }, row) => {
      const y = top + row * ROW + (ROW - BAR) / 2
      let from = 0
      const stack = Array.from(parts).map((part, k) => {
        const start = from
        from += part
        return element('rect', {
          x: x(start),
          y,
          width: Math.max(0, x(from) - x(start)),
          height: BAR,
          fill: categorical[k % categorical.length]!,
          stroke: '#ffffff',
          'stroke-width': 0.7,
        })
      })
      return [
        text(names[row]!, { x: left - 8, y: y + 12.5, size: LABEL_FONT, 'text-anchor': 'end' }),
        ...stack,
        text(format(totals[row]!), { x: x(totals[row]!) + 5, y: y + 12.5, size: 12 }),
      ]
    }),
    element('line', { x1: left, y1: top, x2: left, y2: bottom, stroke: '#888888' }),
    text(axis, { x: left + PLOT / 2, y: bottom + 40, 'text-anchor': 'middle' }),
  ]
  const widest = Math.max(textWidth(title, 17), ...notes.map((note) => textWidth(note, 13))) + 2 * PAD
  return svgDocument({ width: Math.max(widest, left + PLOT + 70), height: bottom + 56, title, body })
}

/** Ticks at 1, 2 or 5 times a power of ten, from 0 to at least the value; about five. */
function ticksTo(value: number): number[] {
  if (!(value > 0)) return [0, 1]
  const rough = value / 5
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough * 0.999)!
  const count = Math.ceil(value / step - 1e-9)
  return Array.from({ length: count + 1 }, (_, i) => i * step)
}

/** Three significant digits, without trailing zeros. */
function format(value: number): string {
  return String(Number(value.toPrecision(3)))
}

interface Legend {
  readonly height: number
  draw(x: number, y: number): string[]
}

/** A swatch and a name for each class, in lines that fit. */
function legendLines(classNames: readonly string[], width: number): Legend {
  const places: { readonly x: number; readonly line: number; readonly name: string }[] = []
  let [x, line] = [0, 0]
  for (const className of classNames) {
    const name = fitText(className, { fontSize: LABEL_FONT, maxWidth: 220 })[0]!
    const needed = 18 + textWidth(name, LABEL_FONT) + 18
    if (x > 0 && x + needed > width) {
      x = 0
      line++
    }
    places.push({ x, line, name })
    x += needed
  }
  return {
    height: (line + 1) * 20,
    draw: (left, top) =>
      places.flatMap((place, k) => [
        element('rect', {
          x: left + place.x,
          y: top + place.line * 20,
          width: 12,
          height: 12,
          fill: categorical[k % categorical.length]!,
        }),
        text(place.name, { x: left + place.x + 18, y: top + place.line * 20 + 11, size: LABEL_FONT }),
      ]),
  }
}
