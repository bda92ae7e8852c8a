/** Advance widths of DejaVu Sans for U+0020 to U+007E, in thousandths of an em; other sans-serif fonts are narrower. */
const ASCII_WIDTHS = [
  318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636, 636, 636, 636, 636,
  636, 636, 636, 337, 337, 838, 838, 838, 531, 1000, 684, 686, 698, 770, 632, 575, 775, 752, 295, 295, 656, 557, 863,
  748, 787, 603, 787, 695, 635, 611, 732, 684, 989, 685, 611, 685, 390, 337, 390, 838, 500, 500, 613, 635, 550, 635,
  615, 352, 635, 634, 278, 278, 579, 278, 974, 634, 612, 635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636,
  337, 636, 838,
]

/**
 * Width of a line of text in pixels, so that margins are made to fit and nothing is clipped or overlaps.
 *
 * @param fontSize - In pixels.
 */
export function textWidth(text: string, fontSize: number): number {
  let thousandths = 0
  for (const character of text) {
    const code = character.codePointAt(0)!
    thousandths += ASCII_WIDTHS[code - 32] ?? (code < 0x1100 ? 700 : 1000)
  }
  return (thousandths * fontSize) / 1000
}

/** How text is fitted. */
export interface FitOptions {
  readonly fontSize: number
  /** In pixels. */
  readonly maxWidth: number
  /** Default 1. */
  readonly maxLines?: number
}

/**
 * Breaks text at spaces, underscores, hyphens and slashes into at most `maxLines` lines; what does not fit ends in an ellipsis.
 *
 * @returns At least one line.
 */
export function fitText(text: string, { fontSize, maxWidth, maxLines = 1 }: FitOptions): string[] {
  const lines: string[] = []
  let line = ''
  for (const piece of text.split(/(?<=[\s_/-])/)) {
    if (line === '' || textWidth((line + piece).trimEnd(), fontSize) <= maxWidth) line += piece
    else {
      lines.push(line.trimEnd())
      line = piece
    }
  }
  lines.push(line.trimEnd())
  const kept = lines.slice(0, maxLines)
  if (lines.length > maxLines) kept[maxLines - 1] = `${kept[maxLines - 1]!}…`
  return kept.map((candidate) => shorten(candidate, { fontSize, maxWidth }))
}

function shorten(text: string, { fontSize, maxWidth }: FitOptions): string {
  if (textWidth(text, fontSize) <= maxWidth) return text
  const characters = Array.from(text.replace(/…$/, ''))
  while (characters.length > 1 && textWidth(`${characters.join('')}…`, fontSize) > maxWidth) characters.pop()
  return `${characters.join('').trimEnd()}…`
}
