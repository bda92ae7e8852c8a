import type { JsonObject, PortKind, Spec } from '@etsef/plugin-api'
import type { FittedGraph } from '../predict/fitted-graph.js'
import type { LoaderChain } from '../plan/loader-chain.js'
import type { Manifest, StagePart } from '../store/manifest.js'

/** An input of a stage, ready to open. */
export interface SpecInput {
  readonly port: string
  readonly name: string
  readonly kind: PortKind
  readonly output: string
  /** Key of the artifact that holds it. */
  readonly key: string
  /** Of an image input. */
  readonly loader?: LoaderChain
  /** Of a predictor, at the first of the inputs that it is made of. */
  readonly predictor?: PredictorSpec
}

/** A predictor that a stage reads: its sub-graph, and the modules of the plugins on the way. */
export interface PredictorSpec {
  readonly graph: FittedGraph
  /** Entry of the plugin that brings each operation. */
  readonly entries: Readonly<Record<string, string>>
}

/** Everything a worker needs to run a stage: self-contained, plain data. */
export interface StageSpec {
  readonly key: string
  readonly node: string
  readonly part: StagePart
  readonly type: string
  readonly plugin: { readonly entry: string; readonly packageName: string; readonly version: string }
  /** Files with what was seen of the code that the stage runs; looked at again before it is published. */
  readonly code?: readonly string[]
  readonly options: JsonObject
  /** Left out where the operation draws nothing. */
  readonly seed?: string
  /** Engine granted, for operations that compute on tensors. */
  readonly engine?: string
  /** Where that engine is asked for, and its id in the key of the stage: the worker computes on this one, or not at all. */
  readonly keyedEngine?: { readonly entry: string; readonly id: string }
  readonly threads: number
  readonly inputs: readonly SpecInput[]
  /** Key of the fitted state that `apply` loads. */
  readonly state?: string
  readonly outputs: readonly string[]
  /** What planning predicted of the outputs; checked against what comes. */
  readonly specs: Readonly<Record<string, Spec>>
  readonly storeDir: string
  /** Log of this attempt. */
  readonly logFile: string
  readonly attempt: number
  /** It is computed again because it was asked for: its result is kept, should the one in the store have other bytes. */
  readonly replaces?: boolean
  /** It reads declared content: the coordinator is asked before anything is published. */
  readonly readsContent?: boolean
  /** Every byte of every input is read and checked, whatever was checked before. */
  readonly isParanoid?: boolean
}

/** What a finished stage tells. */
export interface StageResult {
  readonly manifest: Manifest
  /** sha256 over the manifest, and so over every byte of the artifact. */
  readonly digest: string
  /** Another process had published the same key meanwhile; `differs` when its bytes are others: the operation is not deterministic. */
  readonly published: 'new' | 'same' | 'differs'
  /** Most images decoded and not yet done with at one time. */
  readonly peakLiveImages: number
  readonly maxRssMb: number
}

/** An error on its way between processes. */
export interface SerialisedError {
  readonly fields: Readonly<Record<string, unknown>> & { readonly code: string; readonly message: string }
  readonly stack?: string | undefined
  /** Artifact found damaged. */
  readonly corruptKey?: string | undefined
}

/** Coordinator to worker. */
export type ToWorker =
  | { readonly type: 'run'; readonly spec: StageSpec }
  /** Answer to `publishing`. */
  | { readonly type: 'publish'; readonly refusal?: SerialisedError['fields'] | undefined }
  /** CPUs that the stage may use from now on. */
  | { readonly type: 'threads'; readonly count: number }
  | { readonly type: 'cancel' }
  | { readonly type: 'exit' }

/** Worker to coordinator. */
export type FromWorker =
  | { readonly type: 'ready' }
  | { readonly type: 'log'; readonly level: 'info' | 'warn'; readonly message: string }
  | { readonly type: 'progress'; readonly done: number; readonly total: number; readonly unit?: string | undefined }
  | { readonly type: 'metric'; readonly name: string; readonly value: number; readonly step?: number | undefined }
  /** The artifact is made: may it be published? */
  | { readonly type: 'publishing' }
  | { readonly type: 'done'; readonly result: StageResult }
  /** `isLast`: the worker ends, because something happened in it that no stage after this one should share. */
  | { readonly type: 'failed'; readonly error: SerialisedError; readonly isLast?: boolean }
