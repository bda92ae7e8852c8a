import type { Rng } from './rng.js'

/** What the runner gives an operation that draws nothing while it works: all but a seed. */
export interface SeedlessContext {
  /** Aborted when the run is cancelled or the stage timed out. */
  readonly signal: AbortSignal
  /** A line in the stage's log. Warnings are shown to the user. */
  log(level: 'debug' | 'info' | 'warn', message: string): void
  /** How far the work is; shown with an ETA. */
  progress(done: number, total: number, unit?: string): void
  /** A figure of the stage, kept in the run record: a loss per epoch, an iteration count. */
  metric(name: string, value: number, step?: number): void
  /** An empty directory, removed after the stage. */
  readonly tmpDir: string
  /** A directory that outlives a killed attempt of this very stage (same key): checkpoints. Removed when the stage finishes. */
  readonly checkpointDir: string
  /** A new empty directory for a `model` or `report` output. */
  outputDir(port: string): string
  /** Tensor engine granted to an operation that declares `engine: 'tensor'`, e.g. `tensorflow` or `wasm`. */
  readonly engine: string | undefined
  /** CPU threads granted. It may rise while the operation works, where it declares `maxCpus`: other stages have ended. */
  readonly threads: number
}

/** What the runner gives an operation while it works, and the only way to get it. */
export interface OperationContext extends SeedlessContext {
  /** Derived from the seed of the run, or of the node, and the stage's own definition; the same for every parallelism. */
  readonly seed: string
  /** A generator for a named part of the work. */
  rng(...labels: readonly (string | number)[]): Rng
}
