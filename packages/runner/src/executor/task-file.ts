import { appendFileSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { ensureFolder } from '../ensure-folder.js'
import { namesIn } from '../store/names-in.js'
import type { SerialisedError, StageResult, StageSpec } from './protocol.js'
import type { FailureClass } from './attempt-failed.js'

/** A stage of a task: what the worker is told, but what only the attempt knows. */
export interface TaskStage {
  /** Id of the stage in the run that submitted it. */
  readonly stage: string
  readonly spec: Omit<StageSpec, 'storeDir' | 'logFile' | 'attempt' | 'code'>
  /** Files with what was seen of the code that the stage runs, relative to the store. */
  readonly code: readonly string[]
  /** Files with what was seen of the content that the stage reads, relative to the store. */
  readonly content: readonly string[]
  readonly gpus: number
}

/** What a task does: everything, so that whoever runs it plans nothing. Plain data in a file of the store. */
export interface TaskFile {
  readonly format: 1
  readonly id: string
  readonly run: string
  /** Folder of the project. */
  readonly root: string
  readonly stages: readonly TaskStage[]
  readonly onError: 'stop' | 'continue'
  /** Attempts after the first, by class of failure. */
  readonly retries: Readonly<Partial<Record<FailureClass, number>>>
  /** After a failure of the worker or the machine the engine starts the task again; the task does not try again itself. */
  readonly isRetriedByEngine: boolean
  readonly timeoutMs?: number | undefined
}

/** What became of a stage of a task; a line of the task's journal, which every process that runs the task writes for itself. */
export type TaskEvent =
  | { readonly type: 'started'; readonly stage: string; readonly attempt: number; readonly logFile: string }
  | { readonly type: 'log'; readonly stage: string; readonly level: 'info' | 'warn'; readonly message: string }
  | {
      readonly type: 'retried'
      readonly stage: string
      readonly failure: FailureClass
      readonly message: string
    }
  | {
      readonly type: 'done'
      readonly stage: string
      readonly seconds: number
      readonly result: Omit<StageResult, 'manifest'>
    }
  /** It was there already. */
  | { readonly type: 'found'; readonly stage: string }
  | {
      readonly type: 'failed'
      readonly stage: string
      readonly seconds: number
      readonly failure: FailureClass
      readonly error: SerialisedError
    }

/** Writes the file of a task, whole or not at all. */
export function writeTask(file: string, task: TaskFile): void {
  ensureFolder(dirname(file))
  const temporary = `${file}.${String(process.pid)}.tmp`
  writeFileSync(temporary, JSON.stringify(task))
  renameSync(temporary, file)
}

/** Reads the file of a task. */
export function readTask(file: string): TaskFile {
  // Written by this version of the runner.
  return JSON.parse(readFileSync(file, 'utf8')) as TaskFile
}

/** Opens the journal of one process that runs a task: no two processes, of whatever machines, write one file. */
export function openTaskJournal(file: string): (event: TaskEvent) => void {
  const journal = `${file.slice(0, -'.json'.length)}.${hostname()}-${String(process.pid)}-${String(Date.now())}.jsonl`
  return (event) => {
    appendFileSync(journal, `${JSON.stringify(event)}\n`)
  }
}

/** Reads what was added to the journals of tasks since it was last asked. A line that is still being written is left for the next time. */
export interface TaskJournals {
  /** New events of all tasks of the folder, by task. */
  read(): readonly { readonly task: string; readonly event: TaskEvent }[]
}

/** Follows the journals of the tasks in a folder. */
export function followTaskJournals(dir: string): TaskJournals {
  const seen = new Map<string, number>()
  return {
    read() {
      const events: { task: string; event: TaskEvent }[] = []
      for (const name of namesIn(dir)) {
        if (!name.endsWith('.jsonl')) continue
        const from = seen.get(name) ?? 0
        if (statSync(join(dir, name)).size <= from) continue
        const bytes = readFileSync(join(dir, name))
        const end = bytes.lastIndexOf(10) + 1
        seen.set(name, end)
        const task = name.slice(0, name.indexOf('.'))
        for (const line of bytes.subarray(from, end).toString('utf8').split('\n'))
          // Written by this version of the runner, a whole line.
          if (line !== '') events.push({ task, event: JSON.parse(line) as TaskEvent })
      }
      return events
    },
  }
}

/** How often a stage of a task was begun before. */
export function attemptsOf(file: string, stage: string): number {
  return linesOf(file, { type: 'started', stage })
}

/** Whether a stage of a task was done by an earlier process that ran the task. */
export function wasDone(file: string, stage: string): boolean {
  return linesOf(file, { type: 'done', stage }) > 0
}

/** Lines of a task's journals that begin as an event does. */
function linesOf(file: string, event: Pick<TaskEvent, 'type' | 'stage'>): number {
  const prefix = `${basename(file, '.json')}.`
  const begin = JSON.stringify(event).slice(0, -1)
  return namesIn(dirname(file))
    .filter((name) => name.startsWith(prefix) && name.endsWith('.jsonl'))
    .flatMap((name) => readFileSync(join(dirname(file), name), 'utf8').split('\n'))
    .filter((line) => line.startsWith(begin)).length
}
