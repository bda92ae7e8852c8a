import type { PipelineError } from '@etsef/plugin-api'
import { problem, suggest } from '../errors.js'
import { correctedInterval, type CorrectedInterval } from './corrected-interval.js'
import type { TrialResult } from './journal.js'
import { correctedPairedTest, holm } from './paired-tests.js'
import { unpooledFigure } from './pooled-trials.js'

/** How the results of a sweep are put together. */
export interface TableRequest {
  readonly results: readonly TrialResult[]
  /** What is varied that distinguishes rows; left out: all of it. */
  readonly groupBy?: readonly string[] | undefined
  /** A trial's id, or `name=value` of what is varied: its rows are what others are compared with. Or a figure: what others are compared with within each trial. */
  readonly baseline?: string | undefined
  /** Names of figures, whole (`scores.vote.accuracy`) or their last part (`accuracy`). */
  readonly metrics: readonly string[]
  /** Which way a figure is better; left out: up. */
  readonly goal?: 'max' | 'min' | undefined
}

/**
 * A figure over the repeats: the interval is there when there are two or more, and the rows of the split are known. One figure of all folds has
 * the interval of its own evaluation.
 */
export interface Estimate {
  readonly mean: number
  readonly sd: number | undefined
  readonly interval: Pick<CorrectedInterval, 'low' | 'high'> | undefined
}

/** Pairs by who is ahead. */
export interface Wins {
  readonly above: number
  readonly equal: number
  readonly below: number
}

/** One row: a group of trials that differ in their repeats, and one figure. */
export interface SweepRow {
  readonly group: Readonly<Record<string, string>>
  readonly metric: string
  readonly numRepeats: number
  /** Rows that a figure of all folds is about. */
  readonly numRows: number | undefined
  readonly estimate: Estimate
  /** Paired by repeat; left out in the rows of the baseline, and where no repeat is in common. */
  readonly difference: Estimate | undefined
  readonly isBaseline: boolean
  /** In how many of the pairs the row is above the baseline, equal to it, and below. */
  readonly wins: Wins | undefined
  /** Two-sided p of the corrected paired t test against the baseline, alone and after Holm over the rows of the figure. */
  readonly p: number | undefined
  readonly pHolm: number | undefined
  /** CPU minutes that one trial of the row takes if nothing is shared; left out where a stage's time is not known. */
  readonly cpuMinutes: number | undefined
  /** No other row of the figure is as good in less time, or better in as little. */
  readonly isPareto: boolean
}

/** The table of a sweep. */
export interface SweepTable {
  readonly columns: readonly string[]
  readonly rows: readonly SweepRow[]
  readonly hasBaseline: boolean
}

interface Group {
  readonly values: Readonly<Record<string, string>>
  readonly members: TrialResult[]
}

/** Mean, spread and corrected interval of every group and figure, and its difference to the baseline. @throws PipelineError */
export function tabulate({ results, groupBy, baseline, metrics, goal = 'max' }: TableRequest): SweepTable {
  const varied = new Set(results.flatMap(({ factors, repeat }) => [...Object.keys(factors), ...Object.keys(repeat)]))
  const unknown = groupBy?.find((name) => !varied.has(name))
  if (unknown !== undefined) throw notVaried(unknown, varied)
  const columns = groupBy ?? [...new Set(results.flatMap(({ factors }) => Object.keys(factors)))]
  const names = chooseMetrics(results, metrics)
  const groups = new Map<string, Group>()
  for (const result of results) {
    const all: Readonly<Record<string, string>> = { ...result.factors, ...result.repeat }
    const values = Object.fromEntries(columns.map((name) => [name, all[name] ?? '–']))
    const identity = JSON.stringify(columns.map((name) => values[name]))
    const group = groups.get(identity) ?? { values, members: [] }
    groups.set(identity, group)
    group.members.push(result)
  }
  const figure = baseline === undefined ? undefined : figureNamed(baseline, results)
  const reference =
    baseline === undefined || figure !== undefined ? undefined : baselineGroup(baseline, [...groups.values()], varied)
  const rows = [...groups.values()].flatMap((group) =>
    names.flatMap((metric): readonly SweepRow[] => {
      const own = valuesOf(group, metric)
      if (own.length === 0) return []
      const isBaseline = figure === undefined ? group === reference : metric === figure
      const others = figure !== undefined ? valuesOf(group, figure) : reference ? valuesOf(reference, metric) : []
      const pairs = isBaseline ? [] : pairsOf(own, others)
      return [
        {
          group: group.values,
          metric,
          numRepeats: own.length,
          numRows: own[0]!.pooled?.numRows,
          estimate: estimate(own),
          difference: pairs.length > 0 ? estimate(pairs) : undefined,
          isBaseline,
          wins: pairs.length > 0 ? winsOf(pairs) : undefined,
          p: pOf(pairs),
          pHolm: undefined,
          cpuMinutes: minutesOf(group, metric),
          isPareto: false,
        },
      ]
    }),
  )
  // Figures that are compared with one of them are one family; else each is one of its own.
  const families = figure === undefined ? names.map((metric) => rows.filter((row) => row.metric === metric)) : [rows]
  return {
    columns,
    rows: families.flatMap((family) => compared(family, goal)),
    hasBaseline: baseline !== undefined,
  }
}

/** The one figure that a baseline names, whole or by its last parts; `undefined`: it names none. */
function figureNamed(name: string, results: readonly TrialResult[]): string | undefined {
  const all = [...new Set(results.flatMap(({ metrics }) => Object.keys(metrics)))]
  const found = all.includes(name)
    ? [name]
    : all.filter((each) => each.endsWith(`.${name}`) && each === unpooledFigure(each))
  return found.length === 1 ? found[0] : undefined
}

function winsOf(pairs: readonly Value[]): Wins {
  const count = (is: (value: number) => boolean): number => pairs.filter(({ value }) => is(value)).length
  return {
    above: count((value) => value > 1e-12),
    equal: count((value) => Math.abs(value) <= 1e-12),
    below: count((value) => value < -1e-12),
  }
}

/** Rows of one figure, with what they are only beside each other. */
function compared(rows: readonly SweepRow[], goal: 'max' | 'min'): readonly SweepRow[] {
  const tested = rows.filter(({ p }) => p !== undefined)
  const adjusted = holm(tested.map(({ p }) => p!))
  const pHolmOf = new Map(tested.map((row, index) => [row, adjusted[index]]))
  const isBeaten = (row: SweepRow): boolean =>
    rows.some((other) => {
      if (other.cpuMinutes === undefined || other.metric !== row.metric) return false
      const gain = (other.estimate.mean - row.estimate.mean) * (goal === 'max' ? 1 : -1)
      const saved = row.cpuMinutes! - other.cpuMinutes
      return gain >= 0 && saved >= 0 && (gain > 0 || saved > 0)
    })
  return rows.map((row) => ({
    ...row,
    pHolm: pHolmOf.get(row),
    isPareto: row.cpuMinutes !== undefined && !isBeaten(row),
  }))
}

/** Mean over the trials of a row that have its figure; one whose time is not known leaves it out. */
function minutesOf({ members }: Group, metric: string): number | undefined {
  const seconds = members.filter(({ metrics }) => metric in metrics).map(({ cpuSeconds }) => cpuSeconds)
  if (seconds.some((each) => each === undefined)) return undefined
  return seconds.reduce((sum: number, each) => sum + (each ?? 0), 0) / seconds.length / 60
}

interface Value {
  /** Which repetition of which choice: what is compared must be equal in it. */
  readonly pairing: string
  readonly value: number
  readonly numTrain: number | undefined
  readonly numTest: number | undefined
  /** What the evaluation of all folds says beside the figure. */
  readonly pooled?: { readonly numRows: number | undefined; readonly interval: Estimate['interval'] } | undefined
}

function valuesOf({ members, values }: Group, metric: string): readonly Value[] {
  return members.flatMap(({ factors, repeat, metrics, numTrain, numTest, numFolds }) => {
    const value = metrics[metric]
    if (typeof value !== 'number') return []
    const within = Object.entries({ ...factors, ...repeat }).filter(([name]) => !Object.hasOwn(values, name))
    const pairing = JSON.stringify(within.sort(([a], [b]) => (a < b ? -1 : 1)))
    return [
      { pairing, value, numTrain, numTest, pooled: numFolds === undefined ? undefined : pooledOf(metrics, metric) },
    ]
  })
}

function pooledOf(metrics: TrialResult['metrics'], metric: string): Value['pooled'] {
  const [numRows, low, high] = [metric.replace(/\.[^.]*$/, '.n'), `${metric}.low`, `${metric}.high`].map(
    (name) => metrics[name] ?? undefined,
  )
  return { numRows, interval: low === undefined || high === undefined ? undefined : { low, high } }
}

function estimate(values: readonly Value[]): Estimate {
  const figures = values.map(({ value }) => value)
  const mean = figures.reduce((sum, value) => sum + value, 0) / figures.length
  if (figures.length < 2) return { mean, sd: undefined, interval: values[0]?.pooled?.interval }
  const known = values.filter((each) => each.numTrain !== undefined && each.numTest !== undefined)
  const average = (pick: (value: Value) => number | undefined): number =>
    known.reduce((sum, each) => sum + (pick(each) ?? 0), 0) / known.length
  if (known.length < values.length) {
    const sd = Math.sqrt(figures.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (figures.length - 1))
    return { mean, sd, interval: undefined }
  }
  const interval = correctedInterval({
    values: figures,
    numTrain: average(({ numTrain }) => numTrain),
    numTest: average(({ numTest }) => numTest),
  })
  return { mean, sd: interval.sd, interval }
}

/** p of the paired test; not where the rows of the splits are unknown: without them nothing is known of how much they share. */
function pOf(pairs: readonly Value[]): number | undefined {
  if (pairs.some(({ numTrain, numTest }) => numTrain === undefined || numTest === undefined)) return undefined
  const average = (pick: (value: Value) => number | undefined): number =>
    pairs.reduce((sum, each) => sum + (pick(each) ?? 0), 0) / pairs.length
  return correctedPairedTest({
    differences: pairs.map(({ value }) => value),
    numTrain: average(({ numTrain }) => numTrain),
    numTest: average(({ numTest }) => numTest),
  })?.p
}

/** Own figures minus those of the reference, where both have the repeat. */
function pairsOf(own: readonly Value[], reference: readonly Value[]): readonly Value[] {
  const byPairing = new Map(reference.map((each) => [each.pairing, each.value]))
  return own.flatMap((each) => {
    const other = byPairing.get(each.pairing)
    return other === undefined ? [] : [{ ...each, value: each.value - other, pooled: undefined }]
  })
}

function chooseMetrics(results: readonly TrialResult[], wanted: readonly string[]): readonly string[] {
  const all = [...new Set(results.flatMap(({ metrics }) => Object.keys(metrics)))]
  return wanted.flatMap((name) => {
    const exact = all.filter((each) => each === name || unpooledFigure(each) === name)
    const found = exact.length > 0 ? exact : all.filter((each) => each.endsWith(`.${name}`))
    if (found.length > 0) return found
    throw problem('ERR_BAD_REFERENCE', {
      message: `No trial has a figure "${name}"`,
      received: name,
      hint: suggest(name, all, 'figures'),
    })
  })
}

function baselineGroup(baseline: string, groups: readonly Group[], varied: ReadonlySet<string>): Group {
  const equals = baseline.indexOf('=')
  const name = baseline.slice(0, Math.max(0, equals))
  if (equals > 0 && !varied.has(name)) throw notVaried(name, varied)
  const found = groups.filter(({ values, members }) =>
    equals > 0 ? values[name] === baseline.slice(equals + 1) : members.some(({ trial }) => trial === baseline),
  )
  const [only] = found
  if (only && found.length === 1) return only
  const shown = groups.map(({ values }) => Object.entries(values).map(([key, value]) => `${key}=${value}`))
  throw problem('ERR_BAD_REFERENCE', {
    message: only ? `"${baseline}" is more than one row` : `"${baseline}" is no row of the table`,
    expected: 'the id of a trial, or name=value of one row',
    received: baseline,
    hint: only
      ? 'name the trial, or group by less with --group-by'
      : suggest(
          baseline,
          equals > 0 ? shown.flat() : groups.flatMap(({ members }) => members.map(({ trial }) => trial)),
          'rows',
        ),
  })
}

function notVaried(name: string, varied: ReadonlySet<string>): PipelineError {
  return problem('ERR_BAD_REFERENCE', {
    message: `"${name}" is not varied in this sweep`,
    received: name,
    hint: suggest(name, varied, 'what is varied'),
  })
}
