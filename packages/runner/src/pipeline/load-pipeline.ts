import type { PipelineError, Place } from '@etsef/plugin-api'
import { dirname, isAbsolute, relative, resolve } from 'node:path'
import { problem, showCycle } from '../errors.js'
import { noMemo, type Memo } from '../memo.js'
import { extendPipeline } from './extend.js'
import { yamlLimits } from './limits.js'
import { describeValue, emptyMap, type Located, type LocatedMap } from './located.js'
import { applyOverrides } from './overrides.js'
import { emptyFile, notAMap, tooManyExtended, unknownProfile } from './pipeline-problems.js'
import { readPipeline, type PipelineDocument } from './read-pipeline.js'
import { resolveVariables } from './variables.js'

/** Where files come from: the disk, or a test. */
export interface PipelineFiles {
  /** The document of a file, parsed. @throws PipelineError when it cannot be read. */
  read(path: string): { readonly value: Located | undefined; readonly problems: readonly PipelineError[] }
  /** Real path, symlinks followed. */
  realPath(path: string): string
}

/** What {@link loadPipeline} is told. */
export interface LoadOptions {
  /** Absolute path. */
  readonly path: string
  /** Folder no extended file may leave. */
  readonly root: string
  readonly files: PipelineFiles
  readonly profile?: string | undefined
  readonly overrides?: readonly string[]
  /** What problems name as the line of each override; left out: its position. */
  readonly overrideLines?: readonly number[] | undefined
  /** What other variants of the same pipeline were made of. */
  readonly memo?: Memo | undefined
}

/** The pipeline of a file: extends, then the profile, then overrides, then variables; and every problem of form. */
export function loadPipeline(options: LoadOptions): {
  readonly document: PipelineDocument
  readonly problems: PipelineError[]
} {
  const problems: PipelineError[] = []
  const { memo = noMemo, profile } = options
  const shown = memo.of(['shown path', options.root, options.path], () => showPath(options.root, options.path))
  const start: Place = { file: shown, line: 1, column: 1 }
  const isFine = (): boolean => problems.length === 0
  const reading: Reading = { ...options, known: new Map() }
  const written = memo.of(
    ['written', options.path],
    () => readFile(reading, options.path, start, [], problems) ?? emptyMap(start),
    isFine,
  )
  const profiled = memo.of(['profiled', written, profile], () => applyProfile(written, profile, problems), isFine)
  const overridden = applyOverrides(profiled, options.overrides ?? [], problems, {
    memo,
    lines: options.overrideLines,
  })
  const resolved = resolveVariables(overridden, problems, memo)
  if (written.entries.size === 0 && problems.length > 0) {
    return { document: readPipeline(resolved, shown, []), problems }
  }
  const lacksBase = problems.some(
    ({ code }) => code === 'ERR_EXTENDS' || code === 'ERR_MISSING_FILE' || code === 'ERR_OUTSIDE_ROOT',
  )
  const document = readPipeline(resolved, shown, problems, { mayLackNodes: lacksBase, memo })
  return { document: { ...document, name: document.name || nameOf(options.path) }, problems }
}

/** A path as messages show it: relative to the root where it is inside. */
export function showPath(root: string, path: string): string {
  const inside = relative(root, path)
  return inside.startsWith('..') || isAbsolute(inside) ? path : inside.split('\\').join('/')
}

function nameOf(path: string): string {
  return path.replace(/^.*[/\\]/, '').replace(/\.ya?ml$/, '')
}

interface Reading extends LoadOptions {
  /** Files read, by path: one that several extend is read and laid over its own bases once. */
  readonly known: Map<string, LocatedMap | undefined>
}

function readFile(
  options: Reading,
  path: string,
  from: Place,
  above: readonly string[],
  problems: PipelineError[],
): LocatedMap | undefined {
  if (options.known.has(path)) return options.known.get(path)
  const map = readNewFile(options, path, from, above, problems)
  options.known.set(path, map)
  return map
}

function readNewFile(
  options: Reading,
  path: string,
  from: Place,
  above: readonly string[],
  problems: PipelineError[],
): LocatedMap | undefined {
  const parsed = options.files.read(path)
  problems.push(...parsed.problems)
  const shown = showPath(options.root, path)
  if (!parsed.value) {
    if (parsed.problems.length === 0) problems.push(emptyFile(shown))
    return undefined
  }
  if (parsed.value.kind !== 'map') {
    problems.push(notAMap('A pipeline', parsed.value, undefined, 'a map with nodes'))
    return undefined
  }
  const entry = parsed.value.entries.get('extends')
  if (!entry) return extendPipeline(emptyMap(parsed.value.place), parsed.value, problems)
  const bases = entry.value.kind === 'list' ? entry.value.items : [entry.value]
  let base: LocatedMap | undefined
  const tooMany = tooManyFiles(bases, above)
  if (tooMany !== undefined) problems.push(tooManyExtended(tooMany, entry.place))
  for (const item of tooMany === undefined ? bases : []) {
    const map = readBase(options, item, path, [...above, path], problems)
    if (map) base = base ? extendPipeline(base, map, problems) : map
  }
  return extendPipeline(base ?? emptyMap(from), parsed.value, problems)
}

/** What is wrong with how many files extend one another, if anything is. */
function tooManyFiles(bases: readonly Located[], above: readonly string[]): string | undefined {
  if (bases.length > yamlLimits.extends) return `The pipeline extends ${String(bases.length)} files`
  if (above.length >= yamlLimits.extends)
    return `More than ${String(yamlLimits.extends)} files extend one another in a row`
  const names = bases.map((item) => (item.kind === 'scalar' ? item.value : undefined))
  const twice = names.find((name, index) => name !== undefined && names.indexOf(name) < index)
  return twice === undefined ? undefined : `The pipeline extends "${String(twice)}" twice`
}

function readBase(
  options: Reading,
  item: Located,
  path: string,
  chain: readonly string[],
  problems: PipelineError[],
): LocatedMap | undefined {
  const refuse = (
    code: 'ERR_EXTENDS' | 'ERR_MISSING_FILE' | 'ERR_OUTSIDE_ROOT',
    message: string,
    hint?: string,
  ): LocatedMap | undefined => {
    problems.push(problem(code, { message, place: item.place, received: describeValue(item), hint }))
    return undefined
  }
  if (item.kind !== 'scalar' || typeof item.value !== 'string' || item.value === '') {
    refuse('ERR_EXTENDS', '"extends" is not the path of a pipeline')
    return
  }
  if (/^[a-z]+:/i.test(item.value)) {
    refuse('ERR_EXTENDS', '"extends" names an address', 'extend files of this project')
    return
  }
  const wanted = resolve(dirname(path), item.value)
  let real: string
  try {
    real = options.files.realPath(wanted)
  } catch {
    refuse('ERR_MISSING_FILE', `The extended pipeline "${item.value}" does not exist`)
    return
  }
  if (showPath(options.root, real) === real) {
    refuse(
      'ERR_OUTSIDE_ROOT',
      `The extended pipeline "${item.value}" lies outside the project`,
      'copy it into the project',
    )
    return
  }
  if (chain.includes(real)) {
    refuse(
      'ERR_EXTENDS',
      `The pipeline extends itself: ${showCycle([...chain, real].map((file) => showPath(options.root, file)))}`,
    )
    return
  }
  return readFile(options, real, item.place, chain, problems)
}

function applyProfile(root: LocatedMap, name: string | undefined, problems: PipelineError[]): LocatedMap {
  const profiles = root.entries.get('profiles')
  if (profiles && profiles.value.kind !== 'map') {
    problems.push(notAMap('"profiles"', profiles.value))
  }
  if (name === undefined) return root
  const declared = profiles?.value.kind === 'map' ? profiles.value.entries : new Map<string, never>()
  const chosen = declared.get(name)?.value
  if (chosen?.kind !== 'map') {
    problems.push(unknownProfile(name, declared.keys(), profiles?.place ?? root.place))
    return root
  }
  return extendPipeline(root, chosen, problems)
}
