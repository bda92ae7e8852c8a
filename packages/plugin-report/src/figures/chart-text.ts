import { fitText, typesetting } from '@etsef/drawing'

/** Lines of an explanation below a title, as wide as the chart. */
export function noteLines(notes: readonly string[], width: number): string[] {
  return notes.flatMap((note) => fitText(note, { size: 12.5, maxWidth: width, maxLines: 6 }))
}

/** Width of the widest line. */
export function widest(lines: readonly string[], size: number): number {
  return Math.max(0, ...lines.map((line) => typesetting().width(line, { size })))
}

/**
 * A Vega expression that gives labels of an axis or legend whose values are 0, 1, 2 …: values stay numbers, so names that are cut to the same text
 * stay apart.
 *
 * @param labels - Lines of each label.
 */
export function labelByIndex(labels: readonly (readonly string[])[]): string {
  return `${JSON.stringify(labels)}[datum.value]`
}

/** A Vega expression for `labelOffset` that puts the middle of a label of several lines where its first line would be. */
export function centredByIndex(labels: readonly (readonly string[])[], lineHeight: number): string {
  return `${JSON.stringify(labels.map((lines) => (-(lines.length - 1) * lineHeight) / 2))}[datum.value]`
}
