import type { PipelineError, Place } from '@etsef/plugin-api'
import { problem } from '../errors.js'
import { describeValue, isBroken, toPlain, type Located, type LocatedMap } from '../pipeline/located.js'
import { asMap, reportUnknownKeys } from '../pipeline/read-pipeline.js'
import type { Setting } from './trial.js'

/** A word of a sweep's file and where it stands. */
export interface PlacedText {
  readonly text: string
  readonly place: Place
}

/** What is left out, and how. */
export interface AblateDeclaration {
  readonly place: Place
  readonly nodes: readonly PlacedText[]
  readonly mode: 'leave-one-out' | 'only-one'
  /** Inputs the nodes are taken from; empty: wherever they are read. */
  readonly from: readonly PlacedText[]
  /** One more trial with nothing left out. */
  readonly baseline: boolean
}

/** A set of trials: every choice of the grid, with every row of `zip`, every ablation and every trial of the union. */
export interface SweepBlock {
  readonly place: Place
  readonly base: readonly Setting[]
  /** Alternatives of each path. */
  readonly grid: readonly (readonly Setting[])[]
  /** Rows of settings that go together; empty: none. */
  readonly zip: readonly (readonly Setting[])[]
  readonly union: readonly SweepBlock[]
  readonly exclude: readonly { readonly place: Place; readonly settings: readonly Setting[] }[]
  readonly ablate: AblateDeclaration | undefined
}

/** How often each trial is repeated, and with what. */
export interface RepeatDeclaration {
  readonly seeds: readonly Setting[]
  readonly splits: { readonly place: Place; readonly count: number; readonly node: PlacedText | undefined } | undefined
}

/** A sweep as it is written. */
export interface SweepDocument {
  readonly file: string
  readonly name: string
  /** Relative to the sweep's file. */
  readonly pipeline: PlacedText | undefined
  readonly block: SweepBlock
  readonly repeat: RepeatDeclaration
}

const blockKeys = ['base', 'grid', 'zip', 'union', 'exclude', 'ablate']
const topKeys = ['name', 'description', 'pipeline', ...blockKeys, 'repeat']
const unsafeSteps = new Set(['', '__proto__', 'constructor', 'prototype'])

/** The sweep of a document; problems of form are reported. */
export function readSweep(root: Located, file: string, problems: PipelineError[]): SweepDocument {
  const map = asMap(root, 'A sweep', problems)
  if (!map) {
    const nothing: SweepBlock = {
      place: root.place,
      base: [],
      grid: [],
      zip: [],
      union: [],
      exclude: [],
      ablate: undefined,
    }
    return { file, name: '', pipeline: undefined, block: nothing, repeat: { seeds: [], splits: undefined } }
  }
  reportUnknownKeys(map, topKeys, 'sweep', problems)
  for (const key of ['description']) readText(map, key, problems)
  const pipeline = readText(map, 'pipeline', problems)
  if (!map.entries.has('pipeline'))
    problems.push(
      problem('ERR_MISSING_OPTION', {
        message: 'The sweep does not say which pipeline it varies',
        place: map.place,
        expected: 'pipeline: ../pipelines/name.yaml',
      }),
    )
  const name = readText(map, 'name', problems)
  if (name && !/^[A-Za-z0-9][\w.-]*$/.test(name.text))
    problems.push(
      problem('ERR_BAD_OPTION', {
        message: 'The name of a sweep is the name of a folder',
        place: name.place,
        expected: 'letters, digits, "_", "-" and "."',
        received: name.text.slice(0, 80),
      }),
    )
  return {
    file,
    name: name?.text ?? '',
    pipeline,
    block: readBlock(map, problems),
    repeat: readRepeat(map, problems),
  }
}

function readBlock(map: LocatedMap, problems: PipelineError[]): SweepBlock {
  return {
    place: map.place,
    base: section(map, 'base', problems).flatMap(
      ([path, place, value]) => settingOf(path, place, value, problems) ?? [],
    ),
    grid: section(map, 'grid', problems).map(([path, place, value]) => readValues(path, place, value, problems)),
    zip: readZip(map, problems),
    union: listOf(map, 'union', problems).flatMap((item) => {
      const block = asMap(item, 'A block of the union', problems)
      if (!block) return []
      reportUnknownKeys(block, blockKeys, 'block of the union', problems)
      return [readBlock(block, problems)]
    }),
    exclude: listOf(map, 'exclude', problems).flatMap((item) => {
      const entries = asMap(item, 'An entry of "exclude"', problems)?.entries
      if (!entries) return []
      const settings = [...entries].flatMap(
        ([path, entry]) => settingOf(path, entry.place, entry.value, problems) ?? [],
      )
      return [{ place: item.place, settings }]
    }),
    ablate: readAblate(map, problems),
  }
}

/** Entries of a map of the block. */
function section(map: LocatedMap, key: string, problems: PipelineError[]): readonly [string, Place, Located][] {
  const entry = map.entries.get(key)
  if (!entry) return []
  const found = asMap(entry.value, `"${key}"`, problems)
  if (found?.entries.size === 0) problems.push(empty(`"${key}" is empty`, entry.value.place, 'node.option: [values]'))
  return [...(found?.entries ?? [])].map(([path, { place, value }]) => [path, place, value])
}

/** Items of a list; what is no list is reported. */
function listOf(map: LocatedMap, key: string, problems: PipelineError[]): readonly Located[] {
  const entry = map.entries.get(key)
  if (!entry || isBroken(entry.value)) return []
  if (entry.value.kind !== 'list') {
    problems.push(wrongType(`"${key}" is not a list`, entry.value, 'a list'))
    return []
  }
  if (entry.value.items.length === 0) problems.push(empty(`"${key}" is empty`, entry.value.place, 'at least one entry'))
  return entry.value.items
}

function settingOf(path: string, place: Place, value: Located, problems: PipelineError[]): Setting | undefined {
  if (isBroken(value)) return undefined
  if (!path.includes('=') && path.split('.').every((step) => !unsafeSteps.has(step)))
    return { path, value: toPlain(value), place: value.place }
  problems.push(
    problem('ERR_BAD_OVERRIDE', {
      message: `"${path.slice(0, 80)}" names nothing that can be set`,
      place,
      expected: 'node.option, node.use, node.in.port, vars.name or seed',
    }),
  )
  return undefined
}

function readValues(path: string, place: Place, value: Located, problems: PipelineError[]): readonly Setting[] {
  if (isBroken(value)) return []
  if (value.kind !== 'list') {
    problems.push(
      wrongType(`The values of "${path}" are not a list`, value, 'a list; one value for all goes into base'),
    )
    return []
  }
  if (value.items.length === 0) problems.push(empty(`"${path}" has no values`, value.place, 'at least one value'))
  return value.items.flatMap((item) => settingOf(path, place, item, problems) ?? [])
}

function readZip(map: LocatedMap, problems: PipelineError[]): readonly (readonly Setting[])[] {
  const columns = section(map, 'zip', problems).map(([path, place, value]) => readValues(path, place, value, problems))
  const [first] = columns
  const odd = columns.find((column) => column.length !== first?.length)
  if (first && odd && first.length > 0 && odd.length > 0) {
    problems.push(
      problem('ERR_SWEEP', {
        message: `The lists of "zip" are of unequal length`,
        place: odd[0]!.place,
        expected: `${String(first.length)} values, as of "${first[0]!.path}"`,
        received: `${String(odd.length)} values of "${odd[0]!.path}"`,
      }),
    )
  }
  if (odd) return []
  return (first ?? []).map((_, row) => columns.map((column) => column[row]!))
}

function readAblate(map: LocatedMap, problems: PipelineError[]): AblateDeclaration | undefined {
  const entry = map.entries.get('ablate')
  const ablate = entry && asMap(entry.value, '"ablate"', problems)
  if (!entry || !ablate) return undefined
  reportUnknownKeys(ablate, ['nodes', 'mode', 'from', 'baseline'], 'ablation', problems)
  if (!ablate.entries.has('nodes'))
    problems.push(
      problem('ERR_MISSING_OPTION', {
        message: '"ablate" does not say which nodes are left out',
        place: entry.place,
        expected: 'nodes: [a, b]',
      }),
    )
  const mode = readText(ablate, 'mode', problems)
  const known = ['leave-one-out', 'only-one'] as const
  const chosen = known.find((each) => each === mode?.text)
  if (mode && !chosen)
    problems.push(
      problem('ERR_BAD_OPTION', {
        message: `"${mode.text.slice(0, 80)}" is no mode of an ablation`,
        place: mode.place,
        expected: known.join(' or '),
        received: mode.text.slice(0, 80),
      }),
    )
  const baseline = ablate.entries.get('baseline')?.value
  const flag = baseline?.kind === 'scalar' && typeof baseline.value === 'boolean' ? baseline.value : undefined
  if (baseline && flag === undefined && !isBroken(baseline))
    problems.push(wrongType('"baseline" is neither true nor false', baseline, 'true or false'))
  const from = ablate.entries.get('from')?.value
  return {
    place: entry.place,
    nodes: listOf(ablate, 'nodes', problems).flatMap((item) => textOf(item, 'A node to leave out', problems) ?? []),
    mode: chosen ?? 'leave-one-out',
    from:
      from?.kind === 'list'
        ? from.items.flatMap((item) => textOf(item, '"from"', problems) ?? [])
        : from
          ? [textOf(from, '"from"', problems) ?? []].flat()
          : [],
    baseline: flag ?? true,
  }
}

function readRepeat(map: LocatedMap, problems: PipelineError[]): RepeatDeclaration {
  const entry = map.entries.get('repeat')
  const repeat = entry && asMap(entry.value, '"repeat"', problems)
  if (!repeat) return { seeds: [], splits: undefined }
  reportUnknownKeys(repeat, ['seeds', 'splits'], 'repetition', problems)
  const seeds = repeat.entries.get('seeds')
  return {
    seeds: seeds ? readValues('seed', seeds.place, seeds.value, problems) : [],
    splits: readSplits(repeat, problems),
  }
}

/** `splits: 10`, or `splits: { node: split, count: 10 }` where several nodes split. */
function readSplits(repeat: LocatedMap, problems: PipelineError[]): RepeatDeclaration['splits'] {
  const entry = repeat.entries.get('splits')
  if (!entry) return undefined
  const map = entry.value.kind === 'map' ? entry.value : undefined
  if (map) reportUnknownKeys(map, ['node', 'count'], 'repetition', problems)
  const count = map ? map.entries.get('count')?.value : entry.value
  const value = count?.kind === 'scalar' ? count.value : undefined
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 1)
    return { place: entry.value.place, count: value, node: map && readText(map, 'node', problems) }
  const place = count?.place ?? entry.value.place
  problems.push(
    problem('ERR_BAD_OPTION', {
      message: '"splits" is not a number of splits',
      place,
      expected: 'a whole number ≥ 1, or { node: split, count: 10 }',
      received: count && describeValue(count),
    }),
  )
  return undefined
}

function readText(map: LocatedMap, key: string, problems: PipelineError[]): PlacedText | undefined {
  const value = map.entries.get(key)?.value
  return value && textOf(value, `"${key}"`, problems)
}

function textOf(value: Located, what: string, problems: PipelineError[]): PlacedText | undefined {
  if (isBroken(value)) return undefined
  if (value.kind === 'scalar' && typeof value.value === 'string') return { text: value.value, place: value.place }
  problems.push(wrongType(`${what} is not a text`, value, 'a text'))
  return undefined
}

function wrongType(message: string, value: Located, expected: string): PipelineError {
  return problem('ERR_WRONG_TYPE', { message, place: value.place, expected, received: describeValue(value) })
}

function empty(message: string, place: Place, expected: string): PipelineError {
  return problem('ERR_SWEEP', { message, place, expected })
}
