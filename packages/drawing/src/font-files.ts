import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { woff2Characters } from './woff2-characters.js'

/** Noto Sans, then its designs for Chinese (and Kana) and Korean: the first that has a character draws it. */
const families = ['noto-sans', 'noto-sans-sc', 'noto-sans-kr'] as const

/** One file of a family: the families come cut in pieces by script and, for Chinese and Korean, by how common characters are. */
export interface FontFile {
  /** Name under which a canvas knows it; no installed font is called so. */
  readonly alias: string
  readonly path: string
}

interface Piece extends FontFile {
  readonly ranges: readonly (readonly [first: number, last: number])[]
  /** Read when a character in its ranges is first asked for. */
  characters?: ReadonlySet<number>
}

/** Finds the file that draws a character. */
export interface FontFiles {
  /** The file that has a glyph for a code point, if any has. */
  of(codePoint: number): FontFile | undefined
}

/** The fonts that this package ships, looked up in what is installed; no font is opened before a character needs it. */
export function openFontFiles(): FontFiles {
  const pieces = families.flatMap(piecesOf)
  const known = new Map<number, FontFile | undefined>()
  return {
    of(codePoint) {
      if (!known.has(codePoint))
        known.set(
          codePoint,
          pieces.find((piece) => has(piece, codePoint)),
        )
      return known.get(codePoint)
    },
  }
}

function has(piece: Piece, codePoint: number): boolean {
  if (!piece.ranges.some(([first, last]) => codePoint >= first && codePoint <= last)) return false
  piece.characters ??= woff2Characters(readFileSync(piece.path))
  return piece.characters.has(codePoint)
}

function piecesOf(family: (typeof families)[number]): Piece[] {
  const { resolve } = createRequire(import.meta.url)
  const name = `@fontsource-variable/${family}`
  // The package's own list: `{ "latin": "U+0000-00FF,U+0131", "[4]": "U+1F1E9-1F1F5" }`.
  const list = JSON.parse(readFileSync(resolve(`${name}/unicode.json`), 'utf8')) as Readonly<Record<string, string>>
  const pieces = Object.entries(list).map(([key, ranges]) => {
    const part = key.replace(/[[\]]/g, '')
    return {
      alias: `etsef-${family}-${part}`,
      path: resolve(`${name}/files/${family}-${part}-wght-normal.woff2`),
      ranges: ranges.split(',').map(rangeOf),
    }
  })
  // Latin first: it holds what most texts consist of, space and digits among it.
  return pieces.sort((a, b) => Number(b.alias.endsWith('-latin')) - Number(a.alias.endsWith('-latin')))
}

/** `U+0131` or `U+0000-00FF`. */
function rangeOf(text: string): readonly [number, number] {
  const [first = '', last = first] = text.replace(/^U\+/i, '').split('-')
  return [Number.parseInt(first, 16), Number.parseInt(last, 16)]
}
