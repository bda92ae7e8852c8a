import type { TSchema } from 'typebox'
import type { JsonObject } from './json.js'
import type { Resources } from './define-operation.js'

/** One or several stages that an executor moves to a machine as one. What to do stands in a file of the store; a task plans nothing. */
export interface ExecutorTask {
  /** Of one stage its key, of several a digest of their keys: equal work has an equal id. */
  readonly id: string
  /** Node of the first stage, for people. */
  readonly node: string
  /** File that says what to do, relative to the store. */
  readonly file: string
  /** The command that does it, on a machine that has the project and the store at the same paths. */
  readonly command: readonly string[]
  /** Ids of tasks, of this submission or an earlier one, that must have ended before. */
  readonly after: readonly string[]
  /** Tasks of one level do not wait for each other. */
  readonly level: number
  readonly resources: Resources
}

/**
 * How a command of a task ended: all was done, or what failed is written into the store; a stage failed and nothing after it is to run;
 * it was interrupted after a checkpoint, and is to be started again.
 */
export const taskExitCodes = { ended: 0, failed: 1, again: 75 } as const

/** What an engine can do by itself; what it cannot is done by the runner. */
export interface ExecutorCapabilities {
  /** It keeps `after` itself: everything is submitted at once, and the coordinator may log off. Otherwise a task is submitted once those before it have ended. */
  readonly ordersTasks: boolean
  /** A task costs it so much that small stages go together. Otherwise every stage is a task, and its id is its key. */
  readonly groupsStages: boolean
  /** It starts a task again when its machine or worker is lost. */
  readonly retriesTasks: boolean
  /** It tells each task its GPUs, in `CUDA_VISIBLE_DEVICES`. */
  readonly assignsDevices: boolean
}

/** What an executor is given for one run. */
export interface ExecutorContext {
  /** Folder of the store. */
  readonly storeDir: string
  /** Name of the store, the same on every machine. */
  readonly storeId: string
  readonly run: string
  /** Folder of the project. */
  readonly root: string
  /** Checked against {@link Executor.options}, with defaults filled in. */
  readonly options: JsonObject
  /** Folder of a run's tasks, for what the executor wants to find again; `run` may be an earlier one. */
  dirOf(this: void, run: string): string
  notice(this: void, message: string): void
}

/** A task and the run that submitted it. */
export interface SubmittedTask {
  readonly run: string
  readonly id: string
}

/** An executor at work for one run. */
export interface ExecutorSession {
  /** Of an executor that groups stages: small ones go together up to so many seconds. */
  readonly groupSeconds?: number
  /**
   * Submits tasks, producers first, all of them or none: what was accepted before a refusal is taken back.
   *
   * A task that the engine has already, from whoever, is not submitted again.
   *
   * @throws {@link PipelineError} `ERR_EXECUTOR`, with the node of the task that was refused.
   */
  submit(tasks: readonly ExecutorTask[]): Promise<void>
  /** Those of the tasks that wait or run, by id. The others have ended, or were lost: the store says which. */
  outstanding(tasks: readonly SubmittedTask[]): Promise<ReadonlySet<string>>
  /** Resolves when something may have changed: at an event of the engine, or after a while. */
  changed(signal: AbortSignal): Promise<void>
  /** Ends tasks that wait or run; idempotent. */
  cancel(tasks: readonly SubmittedTask[]): Promise<void>
  close(): Promise<void>
}

/** What a worker process of an executor is given. */
export interface ExecutorWorkContext {
  readonly storeDir: string
  readonly storeId: string
  readonly options: JsonObject
  /** Tasks at a time. */
  readonly slots: number
  /** GPUs of this machine, by device. */
  readonly gpus: readonly string[]
  readonly signal: AbortSignal
  notice(this: void, message: string): void
  /** Does a task in processes of its own, on the GPUs it is granted; this thread stays free. @returns How it ended, see {@link taskExitCodes}. */
  run(file: string, options: { readonly signal: AbortSignal; readonly devices: readonly string[] }): Promise<number>
}

/**
 * Runs stages outside the runner's own processes, with Slurm for instance. Its engine distributes work and handles dying machines; the runner keeps
 * graph, keys, cache and journal, and believes that a stage is done when its artifact is in the store. Any engine may run a task twice:
 * artifacts are published under their keys, whole and once, so that this is harmless.
 *
 * A package offers executors by `"etsef": { "api": 1, "executors": { "name": "./dist/index.js" } }` in its package.json; the module's
 * default export is the executor.
 */
export interface Executor {
  readonly name: string
  readonly capabilities: ExecutorCapabilities
  /** Schema of what `--executor-option` may say. */
  readonly options: TSchema
  /** Opens the engine. @throws {@link PipelineError} `ERR_EXECUTOR` when it is not there. */
  open(context: ExecutorContext): Promise<ExecutorSession>
  /** Takes tasks until the signal aborts, for engines whose workers are started by hand (`etsef worker`). */
  work?(context: ExecutorWorkContext): Promise<void>
}
