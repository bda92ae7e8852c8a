import { fitText } from '@etsef/drawing'
import type { TopLevelSpec } from 'vega-lite'
import { labelByIndex, noteLines } from './chart-text.js'
import { classColor, classEdge, classShape } from './palette.js'

const SIZE = 520

/** A planar embedding with classes. */
export interface ScatterFigure {
  readonly title: string
  /** Row-major `[numSamples, 2]`. */
  readonly embedding: Float64Array
  /** Class index per row. */
  readonly labels: ArrayLike<number>
  readonly classNames: readonly string[]
  /** Lines below the title. */
  readonly notes: readonly string[]
  /** Names of the axes; they carry no unit. */
  readonly axes: readonly [string, string]
}

/**
 * Scatter plot coloured (and shaped) by class, legend at the right with the number of rows of each class.
 *
 * Both axes share one scale, so distances in the picture are those of the embedding.
 */
export function scatterChart({ title, embedding, labels, classNames, notes, axes }: ScatterFigure): TopLevelSpec {
  const numSamples = labels.length
  // Points are drawn in an interleaved order: no class lies on top of all others.
  const order = Array.from({ length: numSamples }, (_, i) => i).sort(
    (a, b) => ((a * 7919) % 10007) - ((b * 7919) % 10007) || a - b,
  )
  const classes = classNames.map((_, c) => c)
  const legend = labelByIndex(
    classNames.map((name, c) =>
      fitText(`${name} (n = ${order.filter((i) => labels[i] === c).length})`, { size: 13, maxWidth: 260 }),
    ),
  )
  // Equal legends, which Vega-Lite draws as one.
  const byClass = (look: (classIndex: number) => string) => ({
    field: 'class',
    type: 'nominal' as const,
    scale: { domain: classes, range: classes.map(look) },
    legend: { labelExpr: legend },
  })
  const [x, y] = domains(embedding)
  const axis = { labels: false, ticks: false, grid: false }
  return {
    title: { text: title, subtitle: noteLines(notes, SIZE + 120) },
    width: SIZE,
    height: SIZE,
    data: {
      values: order.map((i) => ({
        x: embedding[2 * i]!,
        y: embedding[2 * i + 1]!,
        class: labels[i]!,
        className: classNames[labels[i]!]!,
      })),
    },
    mark: {
      type: 'point',
      filled: true,
      opacity: 0.85,
      size: numSamples > 400 ? 32 : 55,
      strokeWidth: 0.6,
    },
    encoding: {
      x: {
        field: 'x',
        type: 'quantitative',
        scale: { domain: x, nice: false, zero: false },
        axis: { ...axis, title: axes[0] },
      },
      y: {
        field: 'y',
        type: 'quantitative',
        scale: { domain: y, nice: false, zero: false },
        axis: { ...axis, title: axes[1] },
      },
      fill: byClass(classColor),
      stroke: byClass(classEdge),
      shape: byClass(classShape),
    },
  }
}

/** Ranges of both axes: of one length, with a margin for the marks. */
function domains(embedding: Float64Array): [[number, number], [number, number]] {
  const range = (offset: number): { readonly middle: number; readonly span: number } => {
    const values = embedding.filter((_, i) => i % 2 === offset)
    const low = values.reduce((a, b) => Math.min(a, b), Infinity)
    const high = values.reduce((a, b) => Math.max(a, b), -Infinity)
    return { middle: (low + high) / 2, span: high - low }
  }
  const [x, y] = [range(0), range(1)]
  const half = (Math.max(x.span, y.span) || 1) * 0.53
  return [
    [x.middle - half, x.middle + half],
    [y.middle - half, y.middle + half],
  ]
}
