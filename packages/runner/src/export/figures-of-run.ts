import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readMetricLines } from '../run/metric-lines.js'
import { listRuns, readRunRecord, runDir, type RunRecord } from '../run/run-record.js'
import type { Store } from '../store/store.js'

/** A figure of a run. */
export interface Figure {
  readonly run: string
  readonly node: string
  /** `node`, or `node:fit` and `node:apply`. */
  readonly stage: string
  readonly name: string
  /** Of a figure that was given once: null. */
  readonly step: number | null
  readonly value: number
  /** When it was reported, in milliseconds since 1970. */
  readonly time: number
}

/** When what happened in a run, by stage; and by stage, figure and step. */
type Times = ReadonlyMap<string, number>

/**
 * Every figure of a run: what its stages reported step by step, and what they and its reports came to.
 *
 * Times are those of the run that computed a stage, should its journal still be there; else the start of the run.
 */
export function figuresOfRun(record: RunRecord, store: Store): readonly Figure[] {
  const timesOf = computingTimes(record, store.dir)
  const started = Date.parse(record.startedAt)
  return Object.entries(record.stages).flatMap(([stage, { node, key, metrics }]): Figure[] => {
    const found = store.find(key)
    const manifest = found.state === 'present' ? found.manifest : undefined
    const lines = manifest ? readMetricLines(join(store.path(key), 'metrics.jsonl')) : []
    const named = new Set(lines.map(({ name }) => name))
    const once = Object.entries({ ...manifest?.metrics, ...metrics }).filter(([name]) => !named.has(name))
    const figures = [...lines, ...once.map(([name, value]) => ({ name, value }))]
    if (figures.length === 0) return []
    const { own, stage: there } = timesOf(stage, key)
    return figures.flatMap(({ name, value, ...rest }) => {
      if (value === null) return []
      const step = 'step' in rest ? (rest.step ?? null) : null
      const time = own.get(lineOf(there, name, step)) ?? own.get(there) ?? started
      return [{ run: record.run, node, stage, name, step, value, time }]
    })
  })
}

/** Where the times of a stage stand: in the journal of this run, or, of what was cached, of the newest earlier run that computed it. */
function computingTimes(
  record: RunRecord,
  storeDir: string,
): (stage: string, key: string) => { readonly own: Times; readonly stage: string } {
  const journals = new Map<string, Times>()
  const journalOf = (run: string): Times => {
    const known = journals.get(run) ?? readTimes(join(runDir(storeDir, run), 'events.jsonl'))
    journals.set(run, known)
    return known
  }
  let earlier: ReadonlyMap<string, Computed> | undefined
  return (stage, key) => {
    if (record.stages[stage]?.outcome === 'done') return { own: journalOf(record.run), stage }
    earlier ??= computedBefore(record.run, storeDir)
    const there = earlier.get(key)
    return there ? { own: journalOf(there.run), stage: there.stage } : { own: new Map(), stage }
  }
}

/** A stage of a run that computed it. */
interface Computed {
  readonly run: string
  readonly stage: string
}

/** What runs before one computed, by key, the newest of each. */
function computedBefore(run: string, storeDir: string): ReadonlyMap<string, Computed> {
  const found = new Map<string, Computed>()
  for (const earlier of listRuns(storeDir)) {
    if (earlier >= run) continue
    for (const [stage, { key, outcome }] of Object.entries(readRunRecord(storeDir, earlier)?.stages ?? {}))
      if (outcome === 'done' && !found.has(key)) found.set(key, { run: earlier, stage })
  }
  return found
}

function readTimes(file: string): Times {
  const times = new Map<string, number>()
  for (const line of readLines(file)) {
    const event = parsed(line)
    const { stage, name, step, type } = event
    const time = Date.parse(String(event['time']))
    if (typeof stage !== 'string' || Number.isNaN(time)) continue
    if (type === 'stage-finished') times.set(stage, time)
    if (type === 'stage-metric' && typeof name === 'string')
      times.set(lineOf(stage, name, typeof step === 'number' ? step : null), time)
  }
  return times
}

function readLines(file: string): readonly string[] {
  try {
    return readFileSync(file, 'utf8').split('\n')
  } catch {
    return []
  }
}

/** The last line of a run that was killed may be cut off. */
function parsed(line: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
  } catch {
    return {}
  }
}

function lineOf(stage: string, name: string, step: number | null): string {
  return [stage, name, String(step)].join('\u0000')
}
