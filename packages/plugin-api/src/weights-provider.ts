import type { JsonObject } from './json.js'

/** How a file of weights stands against what its publisher says of it; `unchecked` when the publisher gives no checksum. */
export type WeightsState = 'ok' | 'wrong' | 'missing' | 'unchecked'

/** Weights that a package can get, as `etsef weights list` shows them. */
export interface WeightsEntry {
  /** What `etsef weights pull` is given, e.g. `resnet50/keras`. */
  readonly name: string
  /** Options of `backbones/pretrained`, or of what else builds the network, beside the file. */
  readonly options?: JsonObject
  /** One line for people: the network, its data set, its size. */
  readonly summary: string
  /** Where the publisher offers the file. */
  readonly url: string
  /** Where the file lies, or would lie, on this machine. */
  readonly path: string
  /** Whether it is there. `list` may say `unchecked` of a file that is there: reading every byte is `verify`'s work. */
  readonly state: WeightsState
}

/** Where weights are kept, and how far a download is. */
export interface PullWeightsOptions {
  /** Folder of the weights; default: the package's own cache folder. */
  readonly dir?: string | undefined
  readonly signal?: AbortSignal | undefined
  /** Bytes so far, and in all where the server says. */
  onProgress?(bytes: number, total: number | undefined): void
}

/** A package that knows where published weights are. Its module imports no engine at top level. */
export interface WeightsProvider {
  /** Everything that can be pulled; reaches no network. */
  list(options?: { readonly dir?: string | undefined }): Promise<readonly WeightsEntry[]>
  /**
   * Gets a file and checks it; does nothing when it is there.
   *
   * @returns Where it lies.
   * @throws {@link PipelineError} `ERR_WEIGHTS` for an unknown name (with the nearest one), for a wrong checksum, or when the publisher
   * cannot be reached: the hint says which file to place where.
   */
  pull(name: string, options?: PullWeightsOptions): Promise<{ readonly path: string }>
  /**
   * Reads every byte of a file and compares it with what its publisher says.
   *
   * @param nameOrPath - A name of the list, or the path of a file of such weights.
   * @throws {@link PipelineError} `ERR_WEIGHTS` for what is neither.
   */
  verify(
    nameOrPath: string,
    options?: { readonly dir?: string | undefined },
  ): Promise<{ readonly name: string; readonly path: string; readonly state: WeightsState }>
}
