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
import { contestants, figureOf, rungsOf, survivors, type Contestant, type Standing } from './prune.js'
import type { PruneDeclaration } from './read-prune.js'
import { stageSeconds } from './stage-seconds.js'
import { overridesOf } from './trial.js'

/** What a sweep came to. */
export interface SweepOutcome {
  /** One, or one for each rung where trials are pruned. */
  readonly runs: readonly RunOutcome[]
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

/** How a sweep is run. */
export interface SweepRunOptions extends RunOptions {
  /** Which trials; left out: all. */
  readonly isAsked?: (trial: string) => boolean
}

/**
 * Runs the trials of a sweep, each distinct key once: as one run, or, where trials are pruned, as one for every rung of repeats. A trial is
 * written into the journal as soon as it has ended; one that fails keeps its log, and the others go on.
 */
export async function runSweep(keyed: KeyedSweep, options: SweepRunOptions = {}): Promise<SweepOutcome> {
  const { storeDir, name, prune } = keyed.sweep
  const { isAsked = () => true, ...runOptions } = options
  const store = openStore(storeDir)
  const journal = openJournal(storeDir, name)
  const members = keyed.members.filter(({ trial }) => isAsked(trial.id))
  const states = new Map<string, TrialState>()
  const context: Context = {
    keyed,
    store,
    journal,
    states,
    options: runOptions,
    before: readJournal(storeDir, name),
    seconds: stageSeconds(storeDir),
  }
  journal.begin(members.map(({ trial }) => trial.id))
  const runs = prune ? await runRungs(context, members, prune) : [await runMembers(context, members)]
  return { runs, states }
}

interface Context {
  readonly keyed: KeyedSweep
  readonly store: Store
  readonly journal: Journal
  /** Of the trials that have ended. */
  readonly states: Map<string, TrialState>
  readonly options: RunOptions
  readonly before: ReadonlyMap<string, JournalEntry>
  /** Of stages that were computed, by key; added to. */
  readonly seconds: Map<string, number>
}

async function runMembers(context: Context, members: readonly TrialStages[]): Promise<RunOutcome> {
  const { keyed, store, options } = context
  const stages = members.flatMap(({ wanted }) => wanted)
  const wanted = [...new Set(stages.map((id) => keyed.union.stages.get(id)!.node))]
  const part = { ...keyed, members, union: { ...keyed.union, graph: { ...keyed.union.graph, wanted } } }
  const settled = settler({ ...context, keyed: part }, planSweep(part, store).missing)
  const run = await runPipeline(part.union, {
    ...options,
    isInPlanOrder: true,
    onError: 'continue',
    emit: (event) => {
      settled.hear(event)
      options.emit?.(event)
    },
  })
  settled.close(run)
  return run
}

/** Runs more and more repeats of fewer and fewer contestants. Who goes on depends on figures alone, not on who was faster. */
async function runRungs(
  context: Context,
  members: readonly TrialStages[],
  prune: PruneDeclaration,
): Promise<readonly RunOutcome[]> {
  const { keyed, states, journal } = context
  const byTrial = new Map(members.map((member) => [member.trial.id, member]))
  let running = contestants(members.map(({ trial }) => trial))
  const gone: Standing[] = []
  const runs: RunOutcome[] = []
  const most = Math.max(...running.map(({ trials }) => trials.length))
  for (const rung of rungsOf(prune, most)) {
    const due = running.flatMap(({ trials }) => trials.slice(0, rung)).filter((id) => !states.has(id))
    if (due.length > 0)
      runs.push(
        await runMembers(
          context,
          due.map((id) => byTrial.get(id)!),
        ),
      )
    if (rung === most || runs.at(-1)?.record.status === 'interrupted') break
    const standing = running.map((contestant) => ({ contestant, mean: meanOf(contestant, rung, prune, context) }))
    const next = new Set(survivors(prune, standing, gone))
    for (const each of standing) {
      if (next.has(each.contestant)) continue
      gone.push(each)
      const { contestant, mean } = each
      for (const id of contestant.trials.slice(rung)) {
        const member = byTrial.get(id)!
        states.set(id, 'pruned')
        const last = context.before.get(id)
        const result = resultDigest(member, keyed)
        if (last?.state === 'pruned' && last.result === result) continue
        journal.append({
          time: new Date().toISOString(),
          trial: id,
          state: 'pruned',
          overrides: overridesOf(member.trial.settings),
          result,
          run: runs.at(-1)?.record.run ?? '',
          reason: `${prune.rule}: ${mean!.toFixed(4)} after ${String(rung)} of ${String(contestant.trials.length)} repeats`,
        })
      }
    }
    running = running.filter((contestant) => next.has(contestant))
  }
  return runs
}

/** Mean of the figure that is pruned by, over the first repeats of a contestant that have it. */
function meanOf(
  { trials }: Contestant,
  rung: number,
  prune: PruneDeclaration,
  { keyed, states, store }: Context,
): number | undefined {
  const primary = keyed.sweep.basis.document.primaryMetric?.value
  const name = prune.metric ?? (primary?.kind === 'scalar' ? String(primary.value) : '')
  const values = trials.slice(0, rung).flatMap((id) => {
    if (states.get(id) !== 'ok') return []
    const result = resultOf(
      keyed.members.find(({ trial }) => trial.id === id)!,
      keyed,
      store,
    )
    const value = result.metrics[figureOf(result, name, prune.place)]
    return typeof value === 'number' ? [value] : []
  })
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length
}

/** Writes down what becomes of each trial, as it happens. */
function settler(
  { keyed, store, journal, states, before, seconds }: Context,
  missing: SweepPlan['missing'],
): { hear(event: RunEvent): void; close(run: RunOutcome): void } {
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
      ...(state === 'ok'
        ? { metrics: journal.keep({ ...resultOf(member, keyed, store), ...costOf(member, keyed, seconds) }) }
        : {}),
      ...more,
    })
  }
  const settleFinished = (): void => {
    for (const [member, waiting] of open) if (waiting.size === 0) settle(member, 'ok')
  }

  return {
    hear(event) {
      if (event.type === 'run-started') {
        run = event.run
        settleFinished()
      } else if (event.type === 'stage-started') logs.set(event.stage, event.logFile)
      else if (event.type === 'stage-finished') {
        const isFine = event.outcome === 'done' || event.outcome === 'cached'
        if (event.outcome === 'done') seconds.set(keyed.union.stages.get(event.stage)!.key, event.seconds)
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
    ...(trial.pooled ? { numFolds: trial.pooled.trials.length } : {}),
  }
}

/** What the trial takes if nothing is shared. */
function costOf(
  { wanted }: TrialStages,
  keyed: KeyedSweep,
  seconds: ReadonlyMap<string, number>,
): { readonly cpuSeconds?: number } {
  let sum = 0
  for (const id of upstreamOf(wanted, keyed)) {
    const { key, resources } = keyed.union.stages.get(id)!
    const own = seconds.get(key)
    if (own === undefined) return {}
    sum += own * resources.cpus
  }
  return { cpuSeconds: Math.round(sum * 1000) / 1000 }
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
