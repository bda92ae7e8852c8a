import { Lexer, type YAMLParseError } from '../../vendor/yaml.js'

/** What is wrong with a YAML text, in words of someone who writes it. */
export interface SyntaxFault {
  readonly message: string
  /** Where in the text. */
  readonly offset: number
  readonly hint?: string
  /** Nothing else on its line is worth telling: the parser's other errors there come of it. */
  readonly isCause?: true
}

/**
 * The fault behind an error of the YAML parser. Between brackets the parser says what it could not go on with, often lines below what is missing: a
 * comma or a closing bracket is looked for and its place named.
 */
export function syntaxFault(error: Pick<YAMLParseError, 'code' | 'message' | 'pos'>, text: string): SyntaxFault {
  const [offset] = error.pos
  const comma = missingComma(error, text)
  if (comma) return comma
  const said = { message: error.message, offset }
  if (/must be sufficiently indented and end with|expected .* to end with/i.test(error.message)) {
    const open = openBracketBefore(text, offset)
    if (open !== undefined) {
      const before = text.slice(0, open).split('\n')
      const where = `line ${String(before.length)}, column ${String(before.at(-1)!.length + 1)}`
      return { ...said, hint: `the "${text[open]!}" at ${where} is not closed, or a comma is missing behind it` }
    }
  }
  if (error.message.startsWith('Implicit map keys need to be followed'))
    return { ...said, hint: 'a colon is missing: write key: value' }
  return said
}

/** `{ a: 1 b: 2 }` and `[a "b"]`: what follows the first value begins another entry. */
function missingComma({ code, message, pos: [start] }: Pick<YAMLParseError, 'code' | 'message' | 'pos'>, text: string) {
  if (code === 'BLOCK_IN_FLOW') {
    // The value as the parser took it: `1 b`, the key of a further map.
    const found = /^([^,[\]{}#]*?[^\s,[\]{}#:])(\s+)([^\s,[\]{}:]+)\s*:(?=\s)/.exec(text.slice(start, start + 400))
    const [, value, , key] = found ?? []
    if (value !== undefined && key !== undefined) return commaBetween(value, key, start + value.length)
  }
  if (code === 'MISSING_CHAR' && /^Missing , /.test(message)) {
    const end = text.slice(0, start).trimEnd().length
    const [before = ''] = /[^\s,[\]{}]+$/.exec(text.slice(0, end)) ?? []
    const [next = ''] = /^[^\s,[\]{}:]+/.exec(text.slice(end).trimStart()) ?? []
    if (before !== '' && next !== '') return commaBetween(before, next, end)
  }
  return undefined
}

function commaBetween(before: string, next: string, offset: number): SyntaxFault {
  return { message: `a comma is missing between "${plain(before)}" and "${plain(next)}"`, offset, isCause: true }
}

/** Without its own quotes, and short. */
function plain(quoted: string): string {
  const text = quoted.replaceAll(/^["']|["']$/g, '')
  return text.length > 40 ? `…${text.slice(-39)}` : text
}

/** Place of the innermost bracket that is open at an offset. */
function openBracketBefore(text: string, end: number): number | undefined {
  const open: number[] = []
  let offset = 0
  for (const token of new Lexer().lex(text)) {
    // Marks between tokens that stand for no text: begin of a document, of a scalar.
    if (token === '\u0002' || token === '\u0018' || token === '\u001f') continue
    if (offset >= end) break
    if (token === '{' || token === '[') open.push(offset)
    else if (token === '}' || token === ']') open.pop()
    offset += token.length
  }
  return open.at(-1)
}
