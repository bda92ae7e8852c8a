import type { PipelineError, Place } from '@etsef/plugin-api'
import { problem } from '../errors.js'
import {
  describeValue,
  emptyMap,
  isBroken,
  type Located,
  type LocatedEntry,
  type LocatedMap,
} from '../pipeline/located.js'
import { asMap, reportUnknownKeys } from '../pipeline/read-pipeline.js'
import { readPrune, type PruneDeclaration } from './read-prune.js'
import { readRandom } from './read-random.js'
import { listOf, readText, readValues, section, settingOf, textOf, wrongType, type PlacedText } from './read-parts.js'
import type { Setting } from './trial.js'

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
  /** Stands in tables for what `base` sets. */
  readonly label: PlacedText | undefined
  readonly base: readonly Setting[]
  /** Alternatives of each path. */
  readonly grid: readonly (readonly Setting[])[]
  /** Rows of settings that go together; empty: none. */
  readonly zip: readonly (readonly Setting[])[]
  readonly union: readonly SweepBlock[]
  readonly exclude: readonly Combination[]
  /** Further trials beside all others of the block. */
  readonly include: readonly Combination[]
  readonly ablate: AblateDeclaration | undefined
  /** Rows of settings that were drawn; empty: none. */
  readonly random: readonly (readonly Setting[])[]
  /** What varies only in the trials that have certain settings. */
  readonly when: readonly { readonly condition: Combination; readonly block: SweepBlock }[]
}

/** Settings that go together, and where they are written. */
export interface Combination {
  readonly place: Place
  readonly settings: readonly Setting[]
}

/** How often something is repeated, and of which node. */
export interface CountDeclaration {
  readonly place: Place
  readonly count: number
  /** Left out: the only node that can be repeated so. */
  readonly node: PlacedText | undefined
  /** Of folds: node that evaluates the test rows of all of them at once, too. */
  readonly pool?: PlacedText | undefined
}

/** How often each trial is repeated, and with what. */
export interface RepeatDeclaration {
  readonly seeds: readonly Setting[]
  /** Nodes that get the seeds; empty: the run. */
  readonly seedNodes: readonly PlacedText[]
  readonly splits: CountDeclaration | undefined
  readonly folds: CountDeclaration | undefined
  readonly permutedLabels: CountDeclaration | undefined
}

/** A sweep as it is written. */
export interface SweepDocument {
  readonly file: string
  readonly name: string
  /** Relative to the sweep's file. */
  readonly pipeline: PlacedText | undefined
  readonly block: SweepBlock
  readonly repeat: RepeatDeclaration
  readonly prune: PruneDeclaration | undefined
}

const blockKeys = ['label', 'base', 'grid', 'zip', 'random', 'when', 'union', 'include', 'exclude', 'ablate']
const topKeys = ['name', 'description', 'pipeline', ...blockKeys, 'repeat', 'prune']

/** The sweep of a document; problems of form are reported. */
export function readSweep(root: Located, file: string, problems: PipelineError[]): SweepDocument {
  const map = asMap(root, 'A sweep', problems)
  if (!map) {
    const nothing = emptyMap(root.place)
    return {
      file,
      name: '',
      pipeline: undefined,
      block: readBlock(nothing, problems),
      repeat: readRepeat(nothing, problems),
      prune: undefined,
    }
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
    prune: readPrune(map, problems),
  }
}

function readBlock(map: LocatedMap, problems: PipelineError[]): SweepBlock {
  return {
    place: map.place,
    label: readText(map, 'label', problems),
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
    include: combinations(map, 'include', problems),
    exclude: combinations(map, 'exclude', problems),
    ablate: readAblate(map, problems),
    random: readRandom(map, problems),
    when: listOf(map, 'when', problems).flatMap((item) => {
      const clause = asMap(item, 'A clause of "when"', problems)
      if (!clause) return []
      reportUnknownKeys(clause, ['if', ...blockKeys], 'clause of "when"', problems)
      const condition = clause.entries.get('if')
      if (!condition)
        problems.push(
          problem('ERR_MISSING_OPTION', {
            message: 'The clause does not say in which trials it holds',
            place: clause.place,
            expected: 'if: { node.option: value }',
          }),
        )
      const settings = section(clause, 'if', problems).flatMap(
        ([path, place, value]) => settingOf(path, place, value, problems) ?? [],
      )
      return [{ condition: { place: condition?.place ?? clause.place, settings }, block: readBlock(clause, problems) }]
    }),
  }
}

function combinations(map: LocatedMap, key: string, problems: PipelineError[]): readonly Combination[] {
  return listOf(map, key, problems).flatMap((item) => {
    const entries = asMap(item, `An entry of "${key}"`, problems)?.entries
    if (!entries) return []
    const settings = [...entries].flatMap(([path, entry]) => settingOf(path, entry.place, entry.value, problems) ?? [])
    return [{ place: item.place, settings }]
  })
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

/** `seeds: [1, 2]`, or `seeds: { nodes: [rf, xgb], values: [1, 2] }`: other seeds of these nodes alone. */
function readSeeds(
  seeds: LocatedEntry | undefined,
  problems: PipelineError[],
): Pick<RepeatDeclaration, 'seeds' | 'seedNodes'> {
  if (seeds?.value.kind !== 'map')
    return { seeds: seeds ? readValues('seed', seeds.place, seeds.value, problems) : [], seedNodes: [] }
  const map = seeds.value
  reportUnknownKeys(map, ['nodes', 'values'], 'repetition of seeds', problems)
  for (const key of ['nodes', 'values'])
    if (!map.entries.has(key))
      problems.push(
        problem('ERR_MISSING_OPTION', {
          message: `"seeds" does not say which ${key}`,
          place: seeds.place,
          expected: 'seeds: { nodes: [rf, xgb], values: [1, 2, 3] }',
        }),
      )
  const values = map.entries.get('values')
  return {
    seeds: values ? readValues('seed', values.place, values.value, problems) : [],
    seedNodes: listOf(map, 'nodes', problems).flatMap((item) => textOf(item, 'A node to seed', problems) ?? []),
  }
}

function readRepeat(map: LocatedMap, problems: PipelineError[]): RepeatDeclaration {
  const entry = map.entries.get('repeat')
  const repeat = entry && asMap(entry.value, '"repeat"', problems)
  if (repeat) reportUnknownKeys(repeat, ['seeds', 'splits', 'folds', 'permutedLabels'], 'repetition', problems)
  const seeds = repeat?.entries.get('seeds')
  const count = (key: string, least: number): CountDeclaration | undefined =>
    repeat && readCount(repeat, key, least, problems)
  return {
    ...readSeeds(seeds, problems),
    splits: count('splits', 1),
    folds: count('folds', 2),
    permutedLabels: count('permutedLabels', 1),
  }
}

/** `splits: 10`, or `splits: { node: split, count: 10 }` where several nodes split. */
function readCount(
  repeat: LocatedMap,
  key: string,
  least: number,
  problems: PipelineError[],
): CountDeclaration | undefined {
  const entry = repeat.entries.get(key)
  if (!entry) return undefined
  const map = entry.value.kind === 'map' ? entry.value : undefined
  if (map) reportUnknownKeys(map, ['node', 'count', ...(key === 'folds' ? ['pool'] : [])], 'repetition', problems)
  const count = map ? map.entries.get('count')?.value : entry.value
  const value = count?.kind === 'scalar' ? count.value : undefined
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least)
    return {
      place: entry.value.place,
      count: value,
      node: map && readText(map, 'node', problems),
      pool: map && readText(map, 'pool', problems),
    }
  problems.push(
    problem('ERR_BAD_OPTION', {
      message: `"${key}" is not a number of ${key === 'permutedLabels' ? 'labellings' : key}`,
      place: count?.place ?? entry.value.place,
      expected: `a whole number ≥ ${String(least)}, or { node: name, count: 10 }`,
      received: count && describeValue(count),
    }),
  )
  return undefined
}
