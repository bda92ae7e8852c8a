import type { WeightsEntry } from './weights-provider.js'

/** What a first pipeline is asked for. */
export interface StarterRequest {
  /** Absolute path of the folder of images. */
  readonly path: string
  /** Folder of the project, absolute: paths of a pipeline are relative to it, wherever it lies. */
  readonly from: string
  /** Name of the pipeline. */
  readonly name: string
  /** What the user has to type to run it, e.g. `my.yaml`. */
  readonly file: string
  /** CPUs that a run will use. */
  readonly cpus: number
  /** Tensor engine that a run will compute on, as {@link EngineProbe} names it; undefined where there is none. */
  readonly engine: string | undefined
  /** Published weights that lie on this machine. */
  readonly weights: readonly WeightsEntry[]
  readonly signal: AbortSignal
  onProgress(this: void, done: number, total: number): void
}

/** A first pipeline, and what was seen of the images it is for. */
export interface Starter {
  /** Lines for people. */
  readonly found: readonly string[]
  /** Text of the pipeline, commented. */
  readonly yaml: string
}

/** A package that writes a first pipeline for images it has not seen. Its module imports nothing heavy at top level. */
export interface StarterProvider {
  /** @throws {@link PipelineError} when no pipeline can be written for what is there; the hint leads to one. */
  start(request: StarterRequest): Promise<Starter>
}
