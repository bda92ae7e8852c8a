import { fitText } from '@etsef/drawing'
import type { TopLevelSpec } from 'vega-lite'
import { labelByIndex } from '../../figures/chart-text.js'
import { classColor } from '../../figures/palette.js'
import { markRadius } from './line-chart.js'
import type { LineAxis, LineChart, LinePanel } from './line-chart.js'

/** The chart as Vega-Lite: what its files for print and other programs are drawn from. */
export function lineChartSpec(chart: LineChart): TopLevelSpec {
  const isAlone = chart.panels.length === 1
  const text = isAlone ? { size: 12.5, maxWidth: 380, maxLines: 4 } : { size: 12.5, maxWidth: 700, maxLines: 2 }
  const title = {
    text: chart.title,
    ...(chart.subtitle === '' ? {} : { subtitle: fitText(chart.subtitle, text) }),
  }
  const [first] = chart.panels
  if (isAlone && first?.title === null) return { title, ...panelSpec(chart, first, 'right') }
  return {
    title,
    columns: 3,
    concat: chart.panels.map((panel) => ({
      title: { text: panel.title ?? '', fontSize: 13, offset: 6 },
      ...panelSpec(chart, panel, 'bottom'),
    })),
  }
}

function panelSpec({ series }: LineChart, panel: LinePanel, legendAt: 'right' | 'bottom') {
  const { width, height, lines, guides, marks } = panel
  const largest = Math.max(0, ...lines.flatMap(({ points }) => points.map(({ weight = 0 }) => weight)))
  const rows = lines.flatMap(({ series: own, points }) =>
    points.map(({ weight, ...point }) => ({
      ...point,
      series: own,
      ...(weight === undefined ? {} : { weight, area: Math.PI * markRadius(weight, largest) ** 2 }),
    })),
  )
  const domain = series.map((_, at) => at)
  const legend = series.map(({ name }) => fitText(name, { size: 13, maxWidth: 150, maxLines: 1 }))
  const color = {
    field: 'series',
    type: 'nominal' as const,
    scale: { domain, range: series.map((each) => classColor(each.color)) },
    legend: {
      orient: legendAt,
      labelExpr: labelByIndex(legend),
      symbolType: 'stroke' as const,
      symbolStrokeWidth: 3,
      symbolOpacity: 1,
    },
  }
  const x = positionOf('x', panel.x)
  const y = (field: string) => positionOf(field, panel.y)
  const hasBands = rows.some((row) => 'low' in row)
  return {
    width,
    height,
    data: { values: rows },
    layer: [
      ...(guides.length === 0
        ? []
        : [
            {
              data: { values: [...guides] },
              mark: { type: 'rule' as const, stroke: '#777777', strokeDash: [4, 4] },
              encoding: { x: positionOf('x', panel.x), y: y('y'), x2: { field: 'x2' }, y2: { field: 'y2' } },
            },
          ]),
      ...(hasBands
        ? [
            {
              mark: { type: 'area' as const, opacity: 0.14, clip: true },
              encoding: { x, y: y('low'), y2: { field: 'high' }, color },
            },
          ]
        : []),
      {
        mark: { type: 'line' as const, strokeWidth: 2, clip: true },
        encoding: {
          x,
          y: y('y'),
          color,
          strokeDash: {
            field: 'series',
            type: 'nominal' as const,
            scale: { domain, range: series.map(({ dash }) => (dash.length === 0 ? [1, 0] : [...dash])) },
            legend: null,
          },
        },
      },
      ...(marks === 'none'
        ? []
        : [
            {
              mark: { type: 'point' as const, filled: true, opacity: 1, size: 18 },
              encoding: {
                x,
                y: y('y'),
                color,
                ...(marks === 'sized' ? { size: { field: 'area', type: 'quantitative' as const, scale: null } } : {}),
              },
            },
          ]),
    ],
  }
}

function positionOf(field: string, { title, domain, ticks }: LineAxis) {
  return {
    field,
    type: 'quantitative' as const,
    scale: { domain: [...domain], nice: false, zero: false, padding: 0 },
    axis: { title, values: [...ticks] },
  }
}
