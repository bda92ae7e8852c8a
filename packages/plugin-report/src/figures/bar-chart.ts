import { fitText } from '@etsef/drawing'
import type { TopLevelSpec } from 'vega-lite'
import { labelByIndex, noteLines, widest } from './chart-text.js'
import { classColor } from './palette.js'

const PLOT = 420
const ROW = 26
const LABEL = 12.5

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

/** Horizontal stacked bars; totals stand at the right, classes in the legend in stack order. */
export function barChart({ title, notes, classNames, bars, axis }: BarFigure): TopLevelSpec {
  const classes = classNames.map((_, c) => c)
  const names = bars.map(({ name }) => fitText(name, { size: LABEL, maxWidth: 280, maxLines: 1 }))
  const legend = classNames.map((name) => fitText(name, { size: 13, maxWidth: 240 }))
  const totals = bars.map(({ parts }) => Array.from(parts).reduce((sum, part) => sum + part, 0))
  const labelWidth = widest(names.flat(), LABEL)
  const entryWidths = legend.map((lines) => widest(lines, 13) + 40)
  const isOneLine = entryWidths.reduce((sum, width) => sum + width, 0) <= PLOT
  const perLine = isOneLine ? classNames.length : Math.max(1, Math.floor(PLOT / Math.max(...entryWidths)))
  return {
    title: {
      text: title,
      subtitle: noteLines([...notes, 'Classes stand in each bar in the order of the legend.'], PLOT + labelWidth),
    },
    width: PLOT,
    height: { step: ROW },
    encoding: {
      y: {
        field: 'bar',
        type: 'ordinal',
        axis: { title: null, labelExpr: labelByIndex(names), labelFontSize: LABEL, ticks: false, labelPadding: 8 },
      },
    },
    layer: [
      {
        data: {
          values: bars.flatMap(({ name, parts }, bar) =>
            classNames.map((className, c) => ({ bar, name, class: c, className, value: parts[c]! })),
          ),
        },
        mark: { type: 'bar', stroke: '#ffffff', strokeWidth: 0.7, height: 17 },
        encoding: {
          x: {
            field: 'value',
            type: 'quantitative',
            stack: 'zero',
            // Room for the number behind the longest bar.
            scale: { domainMin: 0, domainMax: Math.max(...totals, 0) * 1.12 || 1, nice: true },
            axis: { title: axis, tickCount: 5 },
          },
          order: { field: 'class', type: 'ordinal' },
          color: {
            field: 'class',
            type: 'nominal',
            scale: { domain: classes, range: classes.map(classColor) },
            legend: {
              orient: 'top',
              labelExpr: labelByIndex(legend),
              columns: perLine,
              symbolType: 'square',
              symbolStrokeWidth: 0,
            },
          },
        },
      },
      {
        data: {
          values: totals.map((total, bar) => ({ bar, total, label: threeDigits(total) })),
        },
        mark: { type: 'text', align: 'left', dx: 5 },
        encoding: {
          x: { field: 'total', type: 'quantitative' },
          text: { field: 'label', type: 'nominal' },
        },
      },
    ],
  }
}

/** Three significant digits, which thousands keep without an exponent. */
function threeDigits(value: number): string {
  return Math.abs(value) >= 1000 ? String(Math.round(value)) : value.toPrecision(3)
}
