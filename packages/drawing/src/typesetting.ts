import { openFontFiles } from './font-files.js'
import { loadCanvas } from './load-canvas.js'

/** Size in pixels and weight of text. */
export interface TextStyle {
  readonly size: number
  readonly isBold?: boolean
}

/** Text as the shipped fonts can draw it, and the fonts. */
export interface SetText {
  /** Without line breaks and control characters; a character that no font has is an empty box. */
  readonly text: string
  /** List of font families for a canvas, the first that has a character draws it; none is a font of the machine. */
  readonly family: string
}

/** Stands for a character that no shipped font has, so that none is taken from the machine. */
const BOX = '\u25a1'

/** Families that an SVG names: the shipped design where a viewer has it, then fonts of about its width. */
export const svgFontFamily =
  "'Noto Sans', 'Noto Sans SC', 'Noto Sans KR', 'Noto Sans CJK SC', 'Open Sans', 'DejaVu Sans', Arial, Helvetica, sans-serif"

/** Sets text in the shipped fonts. Fonts are opened when a character first needs them. */
export interface Typesetting {
  /** What a canvas needs to draw text. */
  set(text: string): SetText
  /** Width of a line in pixels. */
  width(text: string, style: TextStyle): number
}

/** The state of a process: which fonts its canvas knows. */
let shared: Typesetting | undefined

/**
 * The typesetting of this process; the canvas and the fonts load with the first call.
 *
 * @throws PipelineError `ERR_LIBRARY` where the canvas has no binary for this platform.
 */
export function typesetting(): Typesetting {
  shared ??= openTypesetting()
  return shared
}

function openTypesetting(): Typesetting {
  const { GlobalFonts, createCanvas } = loadCanvas()
  const files = openFontFiles()
  const registered = new Set<string>()
  const context = createCanvas(1, 1).getContext('2d')
  // Otherwise the language of the machine picks between regional forms.
  context.lang = 'en'
  const familyOf = (codePoints: Iterable<number>): string => {
    const aliases: string[] = []
    for (const codePoint of codePoints) {
      const file = files.of(codePoint)
      if (file === undefined || aliases.includes(file.alias)) continue
      if (!registered.has(file.alias)) {
        GlobalFonts.registerFromPath(file.path, file.alias)
        registered.add(file.alias)
      }
      aliases.push(file.alias)
    }
    // One order, whatever order the characters come in.
    return aliases.sort(byLatinFirst).join(', ')
  }
  const set = (raw: string): SetText => {
    const characters = Array.from(cleanText(raw), (character) => {
      const isDrawn = files.of(character.codePointAt(0)!) !== undefined
      return isDrawn || isInvisible(character) ? character : BOX
    })
    return {
      text: characters.join(''),
      family: familyOf([32, ...new Set(characters.map((character) => character.codePointAt(0)!))]),
    }
  }
  return {
    set,
    width(raw, { size, isBold = false }) {
      const { text, family } = set(raw)
      context.font = cssFont(family, { size, isBold })
      return context.measureText(text).width
    },
  }
}

/** A CSS font for `context.font`. */
export function cssFont(family: string, { size, isBold = false }: TextStyle): string {
  return `${isBold ? 'bold ' : ''}${size}px ${family}`
}

/** Text on one line: line breaks are spaces, and other control characters, which XML forbids, are U+FFFD. */
export function cleanText(text: string): string {
  return text
    .replace(/[\t\n\r\u2028\u2029]+/g, ' ')
    .replace(/[\u0000-\u001f\u007f-\u009f\ufffe\uffff]|\p{Surrogate}/gu, '\ufffd')
}

/** Joiners and selectors, which shape their neighbours and have no glyph of their own. */
function isInvisible(character: string): boolean {
  return /^[\u200c\u200d\u2060\ufe00-\ufe0f]$/u.test(character)
}

function byLatinFirst(a: string, b: string): number {
  const rank = (alias: string): number =>
    alias === 'etsef-noto-sans-latin'
      ? 0
      : alias.startsWith('etsef-noto-sans-sc')
        ? 2
        : alias.startsWith('etsef-noto-sans-kr')
          ? 3
          : 1
  return rank(a) - rank(b) || (a < b ? -1 : 1)
}
