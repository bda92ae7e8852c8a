import { cleanText, typesetting, type TextStyle } from './typesetting.js'

/** How text is fitted. */
export interface FitOptions extends TextStyle {
  /** In pixels. */
  readonly maxWidth: number
  /** Default 1. */
  readonly maxLines?: number
}

/**
 * Breaks text into at most `maxLines` lines: at spaces, underscores, hyphens, slashes and between Chinese characters, inside a word only where it
 * is wider than a line. Of text that is still too long the middle is left out (`…`): names often differ at their ends.
 *
 * @returns At least one line, none wider than `maxWidth` unless a single character is.
 */
export function fitText(text: string, options: FitOptions): string[] {
  const { maxLines = 1 } = options
  const characters = Array.from(graphemes.segment(cleanText(text).trim()), ({ segment }) => segment)
  const whole = wrap(characters, options)
  if (whole.length <= maxLines) return whole
  // The most characters, two thirds of them from the start, that fit with the mark of omission.
  let [fits, tooMany] = [0, characters.length]
  while (tooMany - fits > 1) {
    const kept = Math.floor((fits + tooMany) / 2)
    if (wrap(omitMiddle(characters, kept), options).length <= maxLines) fits = kept
    else tooMany = kept
  }
  return wrap(omitMiddle(characters, fits), options).slice(0, maxLines)
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

function omitMiddle(characters: readonly string[], kept: number): string[] {
  const atStart = Math.ceil((kept * 2) / 3)
  const atEnd = kept - atStart
  return [...characters.slice(0, atStart), '…', ...(atEnd === 0 ? [] : characters.slice(-atEnd))]
}

function wrap(characters: readonly string[], { size, isBold = false, maxWidth }: FitOptions): string[] {
  const isTooWide = (text: string): boolean => typesetting().width(text.trimEnd(), { size, isBold }) > maxWidth
  const lines: string[] = []
  let line = ''
  for (const piece of piecesOf(characters)) {
    if (line !== '' && isTooWide(line + piece)) {
      lines.push(line.trimEnd())
      line = ''
    }
    if (!isTooWide(line + piece)) line += piece
    else {
      for (const { segment } of graphemes.segment(piece)) {
        if (line !== '' && isTooWide(line + segment)) {
          lines.push(line.trimEnd())
          line = ''
        }
        line += segment
      }
    }
  }
  return [...lines, line.trimEnd()]
}

/** Runs of characters that stay together where they can. */
function piecesOf(characters: readonly string[]): string[] {
  const pieces: string[] = []
  let isOpen = false
  for (const character of characters) {
    const isWide = /\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}/u.test(character)
    if (isOpen && !isWide) pieces.push(`${pieces.pop()!}${character}`)
    else pieces.push(character)
    isOpen = !isWide && !/[\s_/-]/.test(character)
  }
  return pieces
}
