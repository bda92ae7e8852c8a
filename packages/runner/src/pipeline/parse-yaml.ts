import type { PipelineError, Place } from '@etsef/plugin-api'
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseAllDocuments, type Document, type Node } from 'yaml'
import { problem } from '../errors.js'
import { yamlLimits } from './limits.js'
import type { Located, LocatedEntry } from './located.js'

const unsafeKeys = new Set(['__proto__', 'constructor', 'prototype'])

interface Reader {
  readonly file: string
  readonly text: string
  readonly lines: LineCounter
  readonly document: Document
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
  if (text.length > yamlLimits.bytes) {
    const message = `The file holds ${String(text.length)} characters`
    return {
      value: undefined,
      problems: [problem('ERR_TOO_LARGE', { message, place: start, expected: `at most ${String(yamlLimits.bytes)}` })],
    }
  }
  if (openBrackets(text) > yamlLimits.brackets) {
    const message = `More than ${String(yamlLimits.brackets)} brackets are open at once`
    return {
      value: undefined,
      problems: [problem('ERR_TOO_LARGE', { message, place: start, hint: 'nest less deeply' })],
    }
  }
  const lines = new LineCounter()
  const documents = parseAllDocuments(text, {
    lineCounter: lines,
    schema: 'core',
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'silent',
  })
  const problems: PipelineError[] = []
  const [document] = documents
  if (!Array.isArray(documents) || !document) return { value: undefined, problems }
  for (const error of documents.flatMap((each) => each.errors)) {
    problems.push(
      problem('ERR_YAML_SYNTAX', {
        message: `The YAML cannot be read: ${error.message}`,
        place: placeAt(lines, file, skipSpaces(text, error.pos[0])),
      }),
    )
  }
  const second = documents[1]
  if (second) {
    const place = placeAt(lines, file, (second.contents as Node | null)?.range?.[0] ?? 0)
    problems.push(
      problem('ERR_YAML_SYNTAX', {
        message: 'The file holds several YAML documents',
        place,
        expected: 'one document',
        received: String(documents.length),
      }),
    )
  }
  if (!document.contents || problems.length > 0) return { value: undefined, problems }
  const reader: Reader = { file, text, lines, document, problems, aliasNodes: 0 }
  const value = locate(reader, document.contents, 0)
  return { value, problems }
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
    const target = node.resolve(reader.document)
    if (!target) return refuse(reader, 'ERR_YAML_SYNTAX', place, `Alias "*${node.source}" has no anchor`)
    if (reader.aliasNodes > yamlLimits.aliasNodes) return nothing
    return locate(reader, target, depth + 1, true)
  }
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
      if (unsafeKeys.has(key)) {
        refuse(reader, 'ERR_UNSAFE_YAML', keyPlace, `The key "${key}" is not allowed`)
        continue
      }
      if (entries.has(key)) {
        const first = entries.get(key)?.place
        reader.problems.push(
          problem('ERR_DUPLICATE_KEY', {
            message: `Key "${key}" stands twice in this map`,
            place: keyPlace,
            received: `first at line ${String(first?.line)}`,
            hint: 'rename or remove one of the two',
          }),
        )
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
  const before = reader.text.slice(0, node.range?.[0] ?? 0)
  const words = /(?:^|[\s,[{])((?:[!&]\S*\s+)+)$/.exec(before)
  return placeAt(reader.lines, reader.file, words ? before.length - words[1]!.length : before.length)
}

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
  reader.problems.push(problem(code, { message, place, hint }))
  return { kind: 'scalar', place, value: null, isBroken: true }
}
