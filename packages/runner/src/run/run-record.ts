import type { Json, PipelineError } from '@etsef/plugin-api'
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Ingredients } from '../plan/stages.js'
import { storeFolders } from '../store/store.js'
import type { StageOutcome, RunStatus } from './events.js'
import { isRunRecord } from './is-run-record.js'

/** A stage in a run record. */
export interface StageRecord {
  readonly node: string
  readonly key: string
  readonly outcome: StageOutcome
  readonly seconds: number
  readonly attempts: number
  readonly ingredients: Ingredients
  readonly plugin: string
  /** sha256 over every byte of the artifact. */
  readonly digest?: string
  /** sha256 over its files alone, without the key: what a replay compares. */
  readonly filesDigest?: string
  readonly testLabelReads?: number
  readonly peakLiveImages?: number
  readonly maxRssMb?: number
  readonly metrics?: Readonly<Record<string, number | null>>
  readonly logFile?: string
  readonly error?: PipelineError | Readonly<Record<string, unknown>>
}

/** What happened in a run, and what is needed to do it again. */
export interface RunRecord {
  readonly format: 1
  readonly run: string
  readonly status: RunStatus | 'running'
  readonly startedAt: string
  readonly seconds: number
  readonly pipeline: string
  /** Relative to the project. */
  readonly file: string
  readonly command: {
    readonly overrides: readonly string[]
    readonly profile?: string | undefined
    readonly seed?: string | number | undefined
    readonly engine?: string | undefined
    readonly jobs?: number | undefined
    /** A word by which the run is found among others. */
    readonly tag?: string | undefined
  }
  /** The pipeline with extends, variables and overrides resolved. */
  readonly resolved: Json
  readonly engine: string | undefined
  readonly versions: {
    readonly runner: string
    readonly node: string
    readonly plugins: Readonly<Record<string, string>>
  }
  readonly contents: Readonly<
    Record<string, { readonly path: string; readonly digest: string; readonly numFiles: number }>
  >
  /** Labels of test rows that reports read, over the whole run. */
  readonly testLabelReads: number
  readonly stages: Readonly<Record<string, StageRecord>>
}

/** Folder of a run. */
export function runDir(storeDir: string, run: string): string {
  return join(storeDir, storeFolders.runs, run)
}

/** Writes a record into a run's folder, whole or not at all. */
export function writeRecord(dir: string, record: RunRecord): void {
  writeFileSync(join(dir, 'run.json.tmp'), `${JSON.stringify(record)}\n`)
  renameSync(join(dir, 'run.json.tmp'), join(dir, 'run.json'))
}

/** The record of a text; `undefined` when it is none, or one that was damaged. */
export function parseRunRecord(text: string): RunRecord | undefined {
  try {
    const value: unknown = JSON.parse(text)
    // `isRunRecord` has checked every field that is used.
    return isRunRecord(value) ? (value as RunRecord) : undefined
  } catch {
    return undefined
  }
}

/** The record of a run, or `undefined` when there is none that can be read. */
export function readRunRecord(storeDir: string, run: string): RunRecord | undefined {
  try {
    return parseRunRecord(readFileSync(join(runDir(storeDir, run), 'run.json'), 'utf8'))
  } catch {
    return undefined
  }
}

/** Ids of the runs of a store, newest first. */
export function listRuns(storeDir: string): string[] {
  const dir = join(storeDir, storeFolders.runs)
  return existsSync(dir) ? readdirSync(dir).sort().reverse() : []
}

/** The newest record of a pipeline file. */
export function lastRunOf(storeDir: string, file: string): RunRecord | undefined {
  return lastRunsOf(storeDir, file, 1)[0]
}

/** The newest records of a pipeline file, newest first, at most so many. */
export function lastRunsOf(storeDir: string, file: string, most: number): readonly RunRecord[] {
  const found: RunRecord[] = []
  for (const run of listRuns(storeDir)) {
    const record = readRunRecord(storeDir, run)
    if (record?.file === file) found.push(record)
    if (found.length === most) break
  }
  return found
}
