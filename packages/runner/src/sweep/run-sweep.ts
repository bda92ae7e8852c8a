import type { RunEvent } from '../run/events.js'
import { planRun } from '../run/plan-run.js'
import { runPipeline, type RunOptions, type RunOutcome } from '../run/run-pipeline.js'
import type { Plan } from '../plan/build-plan.js'
import { openStore, type Store } from '../store/store.js'
import {
  openJournal,
  readJournal,
  type Journal,
  type JournalEntry,
  type TrialResult,
  type TrialState,
} from './journal.js'
import { resultDigest, type KeyedSweep, type TrialStages } from './merge-trials.js'
import { overridesOf } from './trial.js'

/** What a sweep came to. */
export interface SweepOutcome {
  readonly run: RunOutcome
  /** State of every trial, by its id. */
  readonly states: ReadonlyMap<string, TrialState>
}

/** What a run of a sweep would do. */
export interface SweepPlan {
  readonly plan: Plan
  /** Distinct stages that the trials need. */
  readonly numStages: number
  readonly numToRun: number
  /** Stages that the trials need, counted for each trial anew. */
  readonly numOfTrials: number
  /** Stages that a trial needs and the store lacks, by trial. */
  readonly missing: ReadonlyMap<string, readonly string[]>
}

/** Plans the union of a sweep's trials. */
export function planSweep(keyed: KeyedSweep, store: Store): SweepPlan {
  const { plan } = planRun(keyed.union, store)
  const needed = new Map(keyed.members.map(({ trial, wanted }) => [trial.id, upstreamOf(wanted, keyed)]))
  const missing = new Map(
    [...needed].map(([id, stages]) => [id, stages.filter((stage) => plan.stages.get(stage)?.state === 'run')]),
  )
  return {
    plan,
    numStages: new Set([...needed.values()].flat()).size,
    numToRun: [...plan.stages.values()].filter(({ state }) => state === 'run').length,
    numOfTrials: [...needed.values()].reduce((sum, stages) => sum + stages.length, 0),
    missing,
  }
}

/**
 * Runs the trials of a sweep as one run, each distinct key once. A trial is written into the journal as soon as it has ended; one that
 * fails keeps its log, and the others go on.
 */
export async function runSweep(keyed: KeyedSweep, options: RunOptions = {}): Promise<SweepOutcome> {
  const { storeDir, name } = keyed.sweep
  const store = openStore(storeDir)
  const journal = openJournal(storeDir, name)
  const { missing } = planSweep(keyed, store)
  const settled = settler(keyed, store, journal, missing)
  const run = await runPipeline(keyed.union, {
    ...options,
    onError: 'continue',
    emit: (event) => {
      settled.hear(event)
      options.emit?.(event)
    },
  })
  settled.close(run)
  return { run, states: settled.states }
}

/** Writes down what becomes of each trial, as it happens. */
function settler(
  keyed: KeyedSweep,
  store: Store,
  journal: Journal,
  missing: SweepPlan['missing'],
): { readonly states: Map<string, TrialState>; hear(event: RunEvent): void; close(run: RunOutcome): void } {
  const before = readJournal(keyed.sweep.storeDir, keyed.sweep.name)
  const states = new Map<string, TrialState>()
  const logs = new Map<string, string>()
  const open = new Map(keyed.members.map((member) => [member, new Set(missing.get(member.trial.id))]))
  let run = ''

  const settle = (member: TrialStages, state: TrialState, more: Pick<JournalEntry, 'log' | 'error'> = {}): void => {
    const { trial } = member
    states.set(trial.id, state)
    open.delete(member)
    const result = resultDigest(member, keyed)
    const last = before.get(trial.id)
    if (state === 'ok' && last?.state === 'ok' && last.result === result) return
    journal.append({
      time: new Date().toISOString(),
      trial: trial.id,
      state,
      overrides: overridesOf(trial.settings),
      result,
      run,
      ...(state === 'ok' ? { metrics: journal.keep(resultOf(member, keyed, store)) } : {}),
      ...more,
    })
  }
  const settleFinished = (): void => {
    for (const [member, waiting] of open) if (waiting.size === 0) settle(member, 'ok')
  }

  return {
    states,
    hear(event) {
      if (event.type === 'run-started') {
        run = event.run
        settleFinished()
      } else if (event.type === 'stage-started') logs.set(event.stage, event.logFile)
      else if (event.type === 'stage-finished') {
        const isFine = event.outcome === 'done' || event.outcome === 'cached'
        for (const [member, waiting] of open) {
          if (!waiting.has(event.stage)) continue
          if (isFine) waiting.delete(event.stage)
          else if (event.outcome === 'failed') {
            const log = logs.get(event.stage)
            settle(member, 'failed', {
              ...(log === undefined ? {} : { log }),
              ...(event.error ? { error: `${event.error.code}: ${event.error.message}` } : {}),
            })
          }
        }
        settleFinished()
      }
    },
    close({ record, reports }) {
      // A stage that was found damaged on the way, or was pruned after all, is told by the reports.
      for (const [member] of open) {
        const isThere = member.wanted.every((id) => ['done', 'cached'].includes(reports.get(id)?.outcome ?? ''))
        settle(member, isThere ? 'ok' : record.status === 'interrupted' ? 'interrupted' : 'failed')
      }
    },
  }
}

/** What is kept of a trial that is done: what its reports say, and how many rows its split gave. */
function resultOf(member: TrialStages, keyed: KeyedSweep, store: Store): TrialResult {
  const { trial, stageOf, wanted } = member
  const { stages } = keyed.union
  const isWanted = new Set(wanted)
  const keys: Record<string, string> = {}
  const metrics: Record<string, number | null> = {}
  for (const [own, id] of stageOf) {
    if (!isWanted.has(id)) continue
    const { key } = stages.get(id)!
    keys[own] = key
    const [node] = own.split(':')
    for (const [name, value] of Object.entries(metricsOf(key, store))) metrics[`${node!}.${name}`] = value
  }
  return {
    trial: trial.id,
    factors: trial.factors,
    repeat: trial.repeat,
    keys,
    metrics,
    ...splitRows(member, keyed, store),
  }
}

function metricsOf(key: string, store: Store): Readonly<Record<string, number | null>> {
  const found = store.find(key)
  if (found.state !== 'present') return {}
  const { manifest } = found
  const ofOutputs = Object.values(manifest.outputs).flatMap(({ metrics }) => Object.entries(metrics ?? {}))
  return { ...manifest.metrics, ...Object.fromEntries(ofOutputs) }
}

/** Rows to train and to test on, as the node that splits counted them; of several, the one that is repeated. */
function splitRows(
  { stageOf }: TrialStages,
  { sweep, union }: KeyedSweep,
  store: Store,
): { readonly numTrain?: number; readonly numTest?: number } {
  const counts = [...stageOf].flatMap(([own, id]) => {
    const { node, key } = union.stages.get(id)!
    const isSplit = union.graph.nodes.get(node)?.installed.operation.rowPolicy === 'split'
    if (!isSplit || (sweep.splitNode !== undefined && own !== sweep.splitNode)) return []
    const metrics = Object.entries(metricsOf(key, store))
    const [numTrain, numTest] = ['train.', 'test.'].map((prefix) =>
      metrics.reduce((sum, [name, value]) => (name.startsWith(prefix) ? sum + (value ?? 0) : sum), 0),
    )
    return numTrain! > 0 && numTest! > 0 ? [{ numTrain: numTrain!, numTest: numTest! }] : []
  })
  return counts.length === 1 ? counts[0]! : {}
}

/** Stages and all that they need. */
function upstreamOf(wanted: readonly string[], { union }: KeyedSweep): readonly string[] {
  const needed = new Set(wanted)
  for (const id of needed) {
    const stage = union.stages.get(id)!
    for (const input of stage.inputs) needed.add(input.stage)
    if (stage.fitStage !== undefined) needed.add(stage.fitStage)
  }
  return [...needed]
}
