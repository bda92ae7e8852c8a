import type { PipelineError, Place } from '@etsef/plugin-api'
import { isAlias, isMap, isScalar, isSeq, Lexer, LineCounter, parseAllDocuments, type Node } from '../../vendor/yaml.js'
import { problem, withoutStacks } from '../errors.js'
import { yamlLimits } from './limits.js'
import type { Located, LocatedEntry } from './located.js'
import { doubledKey, severalDocuments, zeroByte } from './pipeline-problems.js'
import { syntaxFault } from './syntax-fault.js'

const unsafeKeys = new Set(['__proto__', 'constructor', 'prototype'])

interface Reader {
  readonly file: string
  readonly text: string
  readonly lines: LineCounter
  /** What each anchor stood at last, in the order of the text. */
  readonly anchors: Map<string, Node>
  readonly problems: PipelineError[]
  aliasNodes: number
}

/**
 * The value of a YAML text, with the place of every key and value, and every problem of the text.
 *
 * Core schema of YAML 1.2, data only: tags, merge keys and unbounded aliases are refused.
 *
 * @param text - The file's text.
 * @param file - Its name, as messages show it.
 * @returns The value is `undefined` when the text is empty or cannot be read at all.
 */
export function parseYaml(
  text: string,
  file: string,
): { readonly value: Located | undefined; readonly problems: readonly PipelineError[] } {
  const start: Place = { file, line: 1, column: 1 }
  const tooLarge = (message: string, details: { expected?: string; hint?: string }): ReturnType<typeof parseYaml> => ({
    value: undefined,
    problems: [problem('ERR_TOO_LARGE', { message, place: start, ...details })],
  })
  if (text.length > yamlLimits.bytes)
    return tooLarge(`The file holds ${String(text.length)} characters`, {
      expected: `at most ${String(yamlLimits.bytes)}`,
    })
  const zero = text.indexOf('\0')
  if (zero >= 0) {
    const before = text.slice(0, zero).split('\n')
    const place = { file, line: before.length, column: before.at(-1)!.length + 1 }
    return { value: undefined, problems: [zeroByte(place)] }
  }
  if (openBrackets(text) > yamlLimits.brackets)
    return tooLarge(`More than ${String(yamlLimits.brackets)} brackets are open at once`, { hint: 'nest less deeply' })
  // No text has more than two tokens for each of its characters.
  if (2 * text.length > yamlLimits.tokens && countTokens(text, yamlLimits.tokens) > yamlLimits.tokens)
    return tooLarge(`The file holds more than ${String(yamlLimits.tokens)} words and marks`, {
      hint: 'split the pipeline, or keep lists in files that an operation reads',
    })
  const lines = new LineCounter()
  const documents = withoutStacks(() =>
    parseAllDocuments(text, {
      lineCounter: lines,
      schema: 'core',
      uniqueKeys: false,
      prettyErrors: false,
      logLevel: 'silent',
    }),
  )
  const problems: PipelineError[] = []
  const [document] = documents
  if (!Array.isArray(documents) || !document) return { value: undefined, problems }
  const faults = documents
    .flatMap((each) => each.errors)
    .slice(0, yamlLimits.problems)
    .map((error) => ({ ...syntaxFault(error, text), begin: error.pos[0] }))
  const explained = new Set(faults.flatMap(({ isCause, offset }) => (isCause ? [lines.linePos(offset).line] : [])))
  for (const { message, offset, hint, begin, isCause } of faults) {
    if (!isCause && explained.has(lines.linePos(begin).line)) continue
    problems.push(
      problem('ERR_YAML_SYNTAX', {
        message: `The YAML cannot be read: ${message}`,
        place: placeAt(lines, file, offset === begin ? skipSpaces(text, offset) : offset),
        ...(hint === undefined ? {} : { hint }),
      }),
    )
  }
  const second = documents[1]
  if (second) {
    const place = placeAt(lines, file, (second.contents as Node | null)?.range?.[0] ?? 0)
    problems.push(severalDocuments(documents.length, place))
  }
  if (!document.contents || problems.length > 0) return { value: undefined, problems }
  const reader: Reader = { file, text, lines, anchors: new Map(), problems, aliasNodes: 0 }
  const value = withoutStacks(() => locate(reader, document.contents, 0))
  return { value, problems: problems.slice(0, yamlLimits.problems) }
}

/**
 * Words, marks and spaces of a YAML text, counted without keeping any; counting ends soon after `limit`.
 * Reading them costs a few hundred bytes each, so a text is counted before it is read.
 */
export function countTokens(text: string, limit: number): number {
  let count = 0
  const tokens = new Lexer().lex(text)
  while (count <= limit && tokens.next().done !== true) count++
  return count
}

/** Most brackets open at once; those inside texts count, too, which the bound leaves room for. */
function openBrackets(text: string): number {
  let open = 0
  let most = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === 0x5b || code === 0x7b) most = Math.max(most, ++open)
    else if ((code === 0x5d || code === 0x7d) && open > 0) open--
  }
  return most
}

function placeAt(lines: LineCounter, file: string, offset: number): Place {
  const { line, col } = lines.linePos(offset)
  return { file, line: Math.max(1, line), column: Math.max(1, col) }
}

function placeOf(reader: Reader, node: Node): Place {
  return placeAt(reader.lines, reader.file, node.range?.[0] ?? 0)
}

function locate(reader: Reader, node: Node | null, depth: number, insideAlias = false): Located {
  const place = node ? placeOf(reader, node) : { file: reader.file, line: 1, column: 1 }
  const nothing: Located = { kind: 'scalar', place, value: null }
  if (!node) return nothing
  if (depth > yamlLimits.depth)
    return refuse(reader, 'ERR_TOO_LARGE', place, `Values are nested deeper than ${String(yamlLimits.depth)} levels`)
  if (insideAlias && ++reader.aliasNodes > yamlLimits.aliasNodes) {
    if (reader.aliasNodes > yamlLimits.aliasNodes + 1) return nothing
    return refuse(
      reader,
      'ERR_UNSAFE_YAML',
      place,
      `Aliases of the file expand to more than ${String(yamlLimits.aliasNodes)} values`,
    )
  }
  if (node.tag !== undefined && !isAlias(node)) {
    const message = `YAML tags are not allowed, found "${node.tag.slice(0, 80)}"`
    return refuse(
      reader,
      'ERR_UNSAFE_YAML',
      placeOfTag(reader, node),
      message,
      'write the value without the tag; pipelines are data, never code',
    )
  }
  if (isAlias(node)) {
    const target = reader.anchors.get(node.source)
    if (!target) return refuse(reader, 'ERR_YAML_SYNTAX', place, `Alias "*${node.source}" has no anchor`)
    if (reader.aliasNodes > yamlLimits.aliasNodes) return nothing
    return locate(reader, target, depth + 1, true)
  }
  if (node.anchor !== undefined && !insideAlias) reader.anchors.set(node.anchor, node)
  if (isScalar(node)) return locateScalar(reader, node.value, place)
  if (isSeq(node)) {
    return {
      kind: 'list',
      place,
      items: node.items.map((item) => locate(reader, item as Node | null, depth + 1, insideAlias)),
    }
  }
  if (isMap(node)) {
    const entries = new Map<string, LocatedEntry>()
    for (const pair of node.items) {
      const keyNode = pair.key as Node | null
      const keyPlace = keyNode ? placeOf(reader, keyNode) : place
      if (!isScalar(keyNode) || keyNode.tag !== undefined) {
        refuse(reader, 'ERR_UNSAFE_YAML', keyPlace, 'A key must be plain text')
        continue
      }
      const key = String(keyNode.value)
      if (key.length > yamlLimits.key) {
        refuse(
          reader,
          'ERR_TOO_LARGE',
          keyPlace,
          `A key of ${String(key.length)} characters`,
          `at most ${String(yamlLimits.key)} are allowed`,
        )
        continue
      }
      if (keyNode.anchor !== undefined && !insideAlias) reader.anchors.set(keyNode.anchor, keyNode)
      if (unsafeKeys.has(key)) {
        refuse(reader, 'ERR_UNSAFE_YAML', keyPlace, `The key "${key}" is not allowed`)
        continue
      }
      if (entries.has(key)) {
        reader.problems.push(doubledKey(key, keyPlace, entries.get(key)?.place))
        continue
      }
      const valueNode = pair.value as Node | null
      const value = valueNode
        ? locate(reader, valueNode, depth + 1, insideAlias)
        : ({ kind: 'scalar', place: keyPlace, value: null } as const)
      entries.set(key, { place: keyPlace, value })
    }
    return { kind: 'map', place, entries }
  }
  return nothing
}

/** A tagged node starts behind its tag; the tag is the word before it. */
function placeOfTag(reader: Reader, node: Node): Place {
  const end = node.range?.[0] ?? 0
  const start = Math.max(0, end - longestTag)
  const before = reader.text.slice(start, end)
  const words = /(?:^|[\s,[{])((?:[!&]\S*\s+)+)$/.exec(before)
  return placeAt(reader.lines, reader.file, words ? end - words[1]!.length : end)
}

/** Tags and anchors before a value are looked for in so many characters. */
const longestTag = 300

/** An error at the start of a line is shown where the line's text starts. */
function skipSpaces(text: string, offset: number): number {
  if (offset > 0 && text[offset - 1] !== '\n') return offset
  const spaces = /^ */.exec(text.slice(offset, offset + 1000))![0].length
  return offset + spaces
}

function locateScalar(reader: Reader, value: unknown, place: Place): Located {
  if (typeof value === 'string' && value.length > yamlLimits.scalar) {
    return refuse(
      reader,
      'ERR_TOO_LARGE',
      place,
      `A text of ${String(value.length)} characters`,
      `at most ${String(yamlLimits.scalar)} are allowed`,
    )
  }
  if (typeof value === 'number' && !Number.isFinite(value))
    return refuse(reader, 'ERR_WRONG_TYPE', place, `${String(value)} is not a finite number`)
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return { kind: 'scalar', place, value }
  return { kind: 'scalar', place, value: null }
}

function refuse(
  reader: Reader,
  code: 'ERR_UNSAFE_YAML' | 'ERR_TOO_LARGE' | 'ERR_WRONG_TYPE' | 'ERR_YAML_SYNTAX',
  place: Place,
  message: string,
  hint?: string,
): Located {
  if (reader.problems.length < yamlLimits.problems) reader.problems.push(problem(code, { message, place, hint }))
  return { kind: 'scalar', place, value: null, isBroken: true }
}
