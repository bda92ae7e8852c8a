import type { Json } from '@etsef/plugin-api'
import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ensureFolder } from '../ensure-folder.js'
import { inStore } from '../store/store-problem.js'

/** How a trial ended. */
export type TrialState = 'ok' | 'failed' | 'interrupted' | 'pruned'

/** A line of a sweep's journal: what became of a trial. The last line of a trial counts. */
export interface JournalEntry {
  readonly time: string
  readonly trial: string
  readonly state: TrialState
  readonly overrides: Readonly<Record<string, Json>>
  /** Digest of the keys of what the trial is for: another one is another result. */
  readonly result: string
  /** The run that did it. */
  readonly run: string
  /** File with the trial's keys and metrics, relative to the sweep's folder. */
  readonly metrics?: string
  /** Log of the stage that failed, and what it said. */
  readonly log?: string
  readonly error?: string
  /** Why it was given up. */
  readonly reason?: string
}

/** What is kept of a trial that is done. */
export interface TrialResult {
  readonly trial: string
  readonly factors: Readonly<Record<string, string>>
  readonly repeat: Readonly<Record<string, string>>
  /** Key of every stage that the trial is for. */
  readonly keys: Readonly<Record<string, string>>
  /** Figures by `node.name`. */
  readonly metrics: Readonly<Record<string, number | null>>
  /** Rows of the split, where one tells them. */
  readonly numTrain?: number
  readonly numTest?: number
  /** Folds whose test rows were evaluated at once. */
  readonly numFolds?: number
  /** Seconds of its stages, each times its CPUs, whoever had them computed; left out where one is not known. */
  readonly cpuSeconds?: number
}

/** Folder of a sweep in the store. */
export function sweepDir(storeDir: string, name: string): string {
  return join(storeDir, 'sweeps', name)
}

/** A journal to write to. */
export interface Journal {
  /** Trials that are about to be run. */
  begin(trials: readonly string[]): void
  append(entry: JournalEntry): void
  /** Writes what is kept of a trial, whole or not at all. @returns Its file, relative to the sweep's folder. */
  keep(result: TrialResult): string
}

/** Opens the journal of a sweep, making its folder. @throws PipelineError `ERR_STORE` */
export function openJournal(storeDir: string, name: string): Journal {
  const dir = sweepDir(storeDir, name)
  inStore(storeDir, () => ensureFolder(join(dir, 'trials')))
  const file = join(dir, 'journal.jsonl')
  // A process that was killed while it wrote leaves half a line: what comes next stands on a line of its own.
  const isTorn = existsSync(file) && !/(^|\n)$/.test(readFileSync(file, 'utf8'))
  inStore(storeDir, () => {
    appendFileSync(file, isTorn ? '\n' : '')
  })
  const write = (line: object): void => {
    inStore(storeDir, () => {
      appendFileSync(file, `${JSON.stringify(line)}\n`)
    })
  }
  return {
    begin(trials) {
      write({ time: new Date().toISOString(), begun: trials })
    },
    append: write,
    keep(result) {
      const name = join('trials', `${result.trial}.json`)
      const temporary = join(dir, `${name}.${String(process.pid)}`)
      inStore(storeDir, () => {
        writeFileSync(temporary, `${JSON.stringify(result, undefined, 1)}\n`)
        renameSync(temporary, join(dir, name))
      })
      return name
    },
  }
}

/** Trials that some run of the sweep was about to run. */
export function readBegun(storeDir: string, name: string): ReadonlySet<string> {
  const begun = new Set<string>()
  for (const line of linesOf(storeDir, name)) {
    const entry: { readonly begun?: unknown } | undefined = parse(line)
    if (Array.isArray(entry?.begun)) for (const trial of entry.begun) begun.add(String(trial))
  }
  return begun
}

function linesOf(storeDir: string, name: string): readonly string[] {
  const file = join(sweepDir(storeDir, name), 'journal.jsonl')
  return existsSync(file)
    ? readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
    : []
}

/** The last entry of every trial; lines that are damaged are passed over. */
export function readJournal(storeDir: string, name: string): ReadonlyMap<string, JournalEntry> {
  const last = new Map<string, JournalEntry>()
  for (const line of linesOf(storeDir, name)) {
    const entry = parse(line)
    if (isEntry(entry)) last.set(entry.trial, entry)
  }
  return last
}

/** What is kept of a trial, or `undefined` when it cannot be read. */
export function readTrialResult(storeDir: string, name: string, entry: JournalEntry): TrialResult | undefined {
  if (entry.metrics === undefined) return undefined
  try {
    const result = parse(readFileSync(join(sweepDir(storeDir, name), entry.metrics), 'utf8'))
    return isResult(result) ? result : undefined
  } catch {
    return undefined
  }
}

function parse(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

/** Whether a line has what is relied on. */
function isEntry(value: object | undefined): value is JournalEntry {
  return value !== undefined && 'trial' in value && typeof value.trial === 'string' && 'state' in value
}

function isResult(value: object | undefined): value is TrialResult {
  return value !== undefined && 'metrics' in value && typeof value.metrics === 'object' && value.metrics !== null
}
