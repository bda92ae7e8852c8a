import type { PipelineError } from '@etsef/plugin-api'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, realpathSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { problem } from '../errors.js'
import { showPath, type PipelineFiles } from '../pipeline/load-pipeline.js'
import type { Located, LocatedEntry } from '../pipeline/located.js'
import { yamlLimits } from '../pipeline/limits.js'
import { countTokens } from '../pipeline/parse-yaml.js'
import { removeQuietly } from '../store/remove-quietly.js'
import { pipelineIsNoFile } from './run-problems.js'

/** Parsing costs more than reading what was parsed from this size on. */
const cachedFromBytes = 16 * 1024

/** Raised when the form of parsed documents changes. */
const cacheFormat = 1

/** A YAML parser; handed in so that reading a remembered document does not even load one. */
export type YamlParser = (
  text: string,
  file: string,
) => { readonly value: Located | undefined; readonly problems: readonly PipelineError[] }

/**
 * Pipeline files on disk. Parsed documents of large files are remembered by the hash of the text.
 *
 * @param root - Project root, for the names in messages.
 * @param cacheDir - Where parsed documents are kept; nothing is kept when the folder does not exist.
 */
export function pipelineFiles(root: string, cacheDir: string, parse: YamlParser): PipelineFiles {
  const texts: string[] = []
  return {
    realPath: (path) => realpathSync(path),
    read(path) {
      const file = showPath(root, path)
      const place = { file, line: 1, column: 1 }
      let text: string
      try {
        const stats = statSync(path)
        // A pipe or a device may have no end.
        if (!stats.isFile())
          throw pipelineIsNoFile(place, stats.isDirectory() ? 'a folder' : 'a pipe, a device or a socket')
        if (stats.size > yamlLimits.bytes * maxBytesPerCharacter)
          throw problem('ERR_TOO_LARGE', { message: `The file "${file}" is too large for a pipeline`, place })
        text = readFileSync(path, 'utf8')
        texts.push(text)
        if (texts.length > 1 && exceedsTogether(texts))
          throw problem('ERR_TOO_LARGE', { message: 'The files that extend one another are too large together', place })
      } catch (thrown) {
        if (thrown instanceof Error && thrown.name === 'PipelineError') throw thrown
        throw problem('ERR_MISSING_FILE', {
          message: `The pipeline "${file}" cannot be read`,
          place,
          cause: thrown,
        })
      }
      if (text.length < cachedFromBytes) return parse(text, file)
      const cached = join(
        cacheDir,
        `yaml-${String(cacheFormat)}-${createHash('sha256').update(`${file}\u0000${text}`).digest('hex').slice(0, 32)}.json`,
      )
      if (existsSync(cached)) {
        const value = unpack(file, cached)
        if (value) return { value, problems: [] }
      }
      const parsed = parse(text, file)
      if (parsed.value && parsed.problems.length === 0 && existsSync(cacheDir)) {
        try {
          writeFileSync(`${cached}.${String(process.pid)}`, JSON.stringify(pack(parsed.value)))
          renameSync(`${cached}.${String(process.pid)}`, cached)
        } catch {
          // A full or read-only disk: it is parsed again next time.
          removeQuietly(`${cached}.${String(process.pid)}`)
        }
      }
      return parsed
    },
  }
}

const maxBytesPerCharacter = 4

/** Whether several texts together pass the bounds that hold for one. */
function exceedsTogether(texts: readonly string[]): boolean {
  const length = texts.reduce((sum, text) => sum + text.length, 0)
  if (length > yamlLimits.bytes) return true
  // No text has more than two tokens for each character.
  if (2 * length <= yamlLimits.tokens) return false
  return texts.reduce((sum, text) => sum + countTokens(text, yamlLimits.tokens), 0) > yamlLimits.tokens
}

/** `[line, column, form, …]` with form 0: a scalar, 1: items, 2: key, line, column, value of each entry. */
type Packed = readonly unknown[]

function pack(value: Located): Packed {
  const { line, column } = value.place
  if (value.kind === 'scalar') return [line, column, 0, value.value]
  if (value.kind === 'list') return [line, column, 1, ...value.items.map(pack)]
  return [
    line,
    column,
    2,
    ...[...value.entries].flatMap(([key, entry]) => [key, entry.place.line, entry.place.column, pack(entry.value)]),
  ]
}

function unpack(file: string, cached: string): Located | undefined {
  try {
    return unpackValue(file, JSON.parse(readFileSync(cached, 'utf8')) as Packed)
  } catch {
    return undefined
  }
}

function unpackValue(file: string, packed: Packed): Located {
  const place = { file, line: packed[0] as number, column: packed[1] as number }
  if (packed[2] === 0) return { kind: 'scalar', place, value: packed[3] as string | number | boolean | null }
  if (packed[2] === 1)
    return { kind: 'list', place, items: packed.slice(3).map((item) => unpackValue(file, item as Packed)) }
  const entries = new Map<string, LocatedEntry>()
  for (let at = 3; at < packed.length; at += 4) {
    const keyPlace = { file, line: packed[at + 1] as number, column: packed[at + 2] as number }
    entries.set(packed[at] as string, { place: keyPlace, value: unpackValue(file, packed[at + 3] as Packed) })
  }
  return { kind: 'map', place, entries }
}
