import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ensureFolder } from '../ensure-folder.js'
import { listRuns, runDir } from './run-record.js'

/** A task that an executor was given, and what it makes. */
export interface SubmittedTaskRecord {
  readonly id: string
  /** Key of each of its stages, by the stage's id in the run that submitted it. */
  readonly keys: Readonly<Record<string, string>>
}

/** The tasks of a run that an executor has, or had when its coordinator was last there. */
export interface Submission {
  readonly executor: string
  readonly tasks: readonly SubmittedTaskRecord[]
}

/** Folder of a run's tasks. */
export function tasksDir(storeDir: string, run: string): string {
  return join(runDir(storeDir, run), 'tasks')
}

function fileOf(storeDir: string, run: string): string {
  return join(tasksDir(storeDir, run), 'submitted.json')
}

/** Writes down the tasks before they are submitted: if this process is killed in between, the next one still finds them. */
export function keepSubmission(storeDir: string, run: string, submission: Submission): void {
  const file = fileOf(storeDir, run)
  ensureFolder(tasksDir(storeDir, run))
  writeFileSync(`${file}.tmp`, JSON.stringify(submission))
  renameSync(`${file}.tmp`, file)
}

/** Forgets the submitted tasks of a run, once its executor has none of them any more. */
export function forgetSubmission(storeDir: string, run: string): void {
  rmSync(fileOf(storeDir, run), { force: true })
}

/** Whether an executor may still have tasks of a run. */
export function isSubmitted(storeDir: string, run: string): boolean {
  return existsSync(fileOf(storeDir, run))
}

/** Runs whose tasks an executor may still have. */
export function submissions(storeDir: string, executor: string): ReadonlyMap<string, Submission> {
  const found = new Map<string, Submission>()
  for (const run of listRuns(storeDir)) {
    if (!isSubmitted(storeDir, run)) continue
    try {
      // Written by this version of the runner.
      const submission = JSON.parse(readFileSync(fileOf(storeDir, run), 'utf8')) as Submission
      if (submission.executor === executor) found.set(run, submission)
    } catch {
      // Settled meanwhile by its own coordinator.
    }
  }
  return found
}
