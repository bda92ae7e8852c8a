import { categorical } from '../../figures/palette.js'
import { markup, name, trusted } from '../markup.js'
import type { Markup } from '../markup.js'
import { tickText } from './axis.js'
import { markRadius } from './line-chart.js'
import type { Line, LineAxis, LineChart, LinePanel, LineSeries } from './line-chart.js'

/**
 * The chart as a part of the page: words are text of the page, which wraps on a phone and is found by a search; colours are the page's, light or dark.
 *
 * @param label - What a reader is told who does not see it.
 */
export function lineChartMarkup(chart: LineChart, label: string): Markup {
  const panels = chart.panels.map(
    (panel) =>
      markup`<div class="panel">${panel.title === null ? null : markup`<p>${name(panel.title)}</p>`}${panelMarkup(chart, panel, label)}</div>`,
  )
  const legend = chart.series.map(
    (series) =>
      markup`<li><svg aria-hidden="true" width="30" height="12" viewBox="0 0 30 12"><path class="line ${colorClass(series)}"${dashes(series)} d="M1,6H29"/></svg> ${name(series.name)}</li>`,
  )
  return markup`<figcaption><strong>${name(chart.title)}</strong>${chart.subtitle === '' ? null : markup`<br>${name(chart.subtitle)}`}</figcaption>
<ul class="legend">${legend}</ul><div class="panels">${panels}</div>`
}

/** Room around the frame. */
const room = { top: 8, right: 14, bottom: 24, title: 20 }
/** Widest digit of a label of an axis, of 12 pixels. */
const digitWidth = 7.2

function panelMarkup({ series }: LineChart, panel: LinePanel, label: string): Markup {
  const { width, height, x, y } = panel
  const labels = y.ticks.map((tick) => tickText(tick, y))
  const yTitle = y.title === null ? 0 : room.title
  const left = Math.ceil(Math.max(...labels.map((text) => text.length), 1) * digitWidth) + 8 + yTitle
  const bottom = room.bottom + (x.title === null ? 0 : room.title)
  const at = { x: scaleOf(x, left, left + width), y: scaleOf(y, room.top + height, room.top) }
  const whole = { width: left + width + room.right, height: room.top + height + bottom }
  const base = room.top + height
  const grid = [
    ...x.ticks.map((tick) => `M${at.x(tick)},${String(room.top)}V${String(base)}`),
    ...y.ticks.map((tick) => `M${String(left)},${at.y(tick)}H${String(left + width)}`),
  ].join('')
  const largest = Math.max(0, ...panel.lines.flatMap(({ points }) => points.map(({ weight = 0 }) => weight)))
  const middle = room.top + height / 2
  return markup`<svg role="img" aria-label="${panel.title === null ? label : `${label}: ${panel.title}`}" width="${String(whole.width)}" height="${String(whole.height)}" viewBox="0 0 ${String(whole.width)} ${String(whole.height)}">
<path class="grid" d="${grid}"/><rect class="frame" x="${String(left)}" y="${String(room.top)}" width="${String(width)}" height="${String(height)}"/>
${panel.guides.map(({ x: fromX, y: fromY, x2, y2 }) => markup`<path class="guide" d="M${at.x(fromX)},${at.y(fromY)}L${at.x(x2)},${at.y(y2)}"/>`)}
<svg x="${String(left)}" y="${String(room.top)}" width="${String(width)}" height="${String(height)}" viewBox="${[left, room.top, width, height].join(' ')}">${panel.lines.map((line) => bandMarkup(line, series[line.series]!, at))}
${panel.lines.map((line) => lineMarkup(line, series[line.series]!, at))}</svg>
${panel.marks === 'none' ? null : panel.lines.map(({ series: own, points }) => points.map((point) => markup`<circle class="mark ${colorClass(series[own]!)}" cx="${at.x(point.x)}" cy="${at.y(point.y)}" r="${panel.marks === 'equal' ? '2.4' : markRadius(point.weight ?? 0, largest).toFixed(1)}"/>`))}
<g text-anchor="middle">${x.ticks.map((tick) => markup`<text x="${at.x(tick)}" y="${String(base + 17)}">${tickText(tick, x)}</text>`)}${x.title === null ? null : markup`<text class="axis" x="${String(left + width / 2)}" y="${String(base + 37)}">${x.title}</text>`}${y.title === null ? null : markup`<text class="axis" transform="translate(14,${String(middle)}) rotate(-90)">${y.title}</text>`}</g>
<g text-anchor="end">${y.ticks.map((tick, i) => markup`<text x="${String(left - 6)}" y="${at.y(tick)}" dy=".35em">${labels[i]}</text>`)}</g></svg>`
}

interface Scales {
  readonly x: (value: number) => string
  readonly y: (value: number) => string
}

function scaleOf({ domain: [low, high] }: LineAxis, from: number, to: number): (value: number) => string {
  return (value) => String(Math.round((from + ((value - low) / (high - low || 1)) * (to - from)) * 10) / 10)
}

function lineMarkup({ points }: Line, series: LineSeries, at: Scales): Markup | null {
  if (points.length === 0) return null
  const path = points.map(({ x, y }, i) => `${i === 0 ? 'M' : 'L'}${at.x(x)},${at.y(y)}`).join('')
  return markup`<path class="line ${colorClass(series)}"${dashes(series)} d="${path}"/>`
}

function bandMarkup({ points }: Line, series: LineSeries, at: Scales): Markup | null {
  if (!points.some(({ low, high }) => low !== high)) return null
  const there = points.map(({ x, y, high = y }) => `${at.x(x)},${at.y(high)}`)
  const back = points.map(({ x, y, low = y }) => `${at.x(x)},${at.y(low)}`).reverse()
  return markup`<path class="band ${colorClass(series)}" d="M${[...there, ...back].join('L')}Z"/>`
}

function dashes({ dash }: LineSeries): Markup | null {
  return dash.length === 0 ? null : markup` stroke-dasharray="${dash.join(' ')}"`
}

function colorClass({ color }: LineSeries): string {
  return `c${String(color % categorical.length)}`
}

/** Colours of the page's charts by class of element; on a dark ground, dark ones are lighter and the bands stronger. */
export const chartStyle = trusted(`${categorical.map((color, at) => `.c${String(at)} { --own: ${color}; }`).join(' ')}
.chart .panel > svg { display: block; max-width: 100%; height: auto; }
.chart text { fill: var(--ink); font-size: 12px; font-family: inherit; } .chart .axis { font-size: 13px; }
.chart path { fill: none; } .grid { stroke: var(--line); } .frame { fill: none; stroke: var(--soft); } .guide { stroke: var(--soft); stroke-dasharray: 4 4; }
.chart .line { stroke: var(--own); stroke-width: 2; stroke-linejoin: round; } .chart .band { fill: var(--own); opacity: .14; } .mark { fill: var(--own); }
.legend { list-style: none; margin: .25rem 0 .5rem; padding: 0; display: flex; flex-wrap: wrap; gap: .1rem 1rem; font-size: .85rem; } .legend svg { display: inline-block; vertical-align: middle; }
.panels { display: flex; flex-wrap: wrap; gap: .75rem 1rem; } .panel { min-width: 0; } .panel p { margin: 0; font-size: .85rem; }
@media (prefers-color-scheme: dark) { @media screen { .c0 { --own: #56a9e6; } .c2 { --own: #2fc59a; } .c3 { --own: #ef7f2e; } .c6 { --own: #ececf0; } .chart .band { opacity: .22; } } }`)
