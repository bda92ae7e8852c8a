import { classMark } from './palette.js'
import { element, svgDocument, text } from './svg.js'
import { fitText, textWidth } from './text.js'

const SIZE = 520
const PAD = 20
const TITLE = 44
const LEGEND_FONT = 13
const LINE = 17

/** A planar embedding with classes. */
export interface ScatterFigure {
  readonly title: string
  /** Row-major `[numSamples, 2]`. */
  readonly embedding: Float64Array
  /** Class index per row. */
  readonly labels: ArrayLike<number>
  readonly classNames: readonly string[]
  /** Lines below the plot. */
  readonly notes: readonly string[]
  /** Names of the axes; they carry no unit. */
  readonly axes: readonly [string, string]
}

/**
 * Scatter plot coloured (and shaped) by class, legend at the right with the number of rows of each class.
 *
 * Both axes share one scale, so distances in the picture are those of the embedding.
 *
 * @returns SVG text.
 */
export function scatterFigure(figure: ScatterFigure): string {
  const { title, embedding, labels, axes } = figure
  const left = PAD + 22
  const project = projection(embedding, { left, top: TITLE })
  // Points are drawn in an interleaved order: no class lies on top of all others.
  const order = Array.from({ length: labels.length }, (_, i) => i).sort(
    (a, b) => ((a * 7919) % 10007) - ((b * 7919) % 10007) || a - b,
  )
  const points = order.map((i) => classMark(labels[i]!, { ...project(i), radius: labels.length > 400 ? 3 : 4 }))
  const legend = legendOf(figure, { x: left + SIZE + 24, y: TITLE + 8 })
  const notes = figure.notes.map((note, i) =>
    text(note, { x: left, y: TITLE + SIZE + 48 + i * LINE, size: 12, fill: '#444' }),
  )
  const width =
    Math.max(
      left + SIZE + 24 + legend.width,
      left + Math.max(0, ...figure.notes.map((note) => textWidth(note, 12))),
      textWidth(title, 17),
    ) + PAD
  const height = Math.max(TITLE + SIZE + 44 + figure.notes.length * LINE, TITLE + legend.height) + PAD
  const middle = TITLE + SIZE / 2
  return svgDocument({
    width,
    height,
    title,
    body: [
      text(title, {
        x: left + SIZE / 2,
        y: 28,
        size: 16,
        'text-anchor': textWidth(title, 17) > SIZE ? 'start' : 'middle',
        'font-weight': 'bold',
        ...(textWidth(title, 17) > SIZE ? { x: PAD } : {}),
      }),
      element('rect', { x: left, y: TITLE, width: SIZE, height: SIZE, fill: '#fafafa', stroke: '#888888' }),
      ...points,
      text(axes[0], { x: left + SIZE / 2, y: TITLE + SIZE + 22, 'text-anchor': 'middle' }),
      text(axes[1], { x: PAD + 8, y: middle, 'text-anchor': 'middle', transform: `rotate(-90 ${PAD + 8} ${middle})` }),
      ...legend.body,
      ...notes,
    ],
  })
}

function projection(
  embedding: Float64Array,
  { left, top }: { readonly left: number; readonly top: number },
): (i: number) => { x: number; y: number } {
  const axis = (offset: number) => embedding.filter((_, i) => i % 2 === offset)
  const range = (values: Float64Array) => ({
    low: values.reduce((a, b) => Math.min(a, b), Infinity),
    high: values.reduce((a, b) => Math.max(a, b), -Infinity),
  })
  const x = range(axis(0))
  const y = range(axis(1))
  const span = Math.max(x.high - x.low, y.high - y.low) || 1
  const scale = (SIZE - 32) / span
  return (i) => ({
    x: left + SIZE / 2 + (embedding[2 * i]! - (x.low + x.high) / 2) * scale,
    y: top + SIZE / 2 - (embedding[2 * i + 1]! - (y.low + y.high) / 2) * scale,
  })
}

function legendOf(
  { labels, classNames }: ScatterFigure,
  at: { readonly x: number; readonly y: number },
): { body: string[]; width: number; height: number } {
  const counts = classNames.map((_, c) => Array.from(labels).filter((label) => label === c).length)
  const body: string[] = []
  let y = at.y
  let width = 0
  classNames.forEach((name, c) => {
    const lines = fitText(`${name} (${counts[c]!})`, { fontSize: LEGEND_FONT, maxWidth: 220, maxLines: 3 })
    body.push(classMark(c, { x: at.x + 6, y: y + 1, radius: 5 }))
    lines.forEach((line, l) => {
      body.push(text(line, { x: at.x + 20, y: y + 5 + l * LINE, size: LEGEND_FONT }))
      width = Math.max(width, 20 + textWidth(line, LEGEND_FONT))
    })
    y += lines.length * LINE + 6
  })
  return { body, width, height: y - at.y + 16 }
}
