import type { Static, TSchema } from 'typebox'
import type { OperationContext, SeedlessContext } from './context.js'
import type { Json } from './json.js'
import type { Batches, OutputBatches, OutputValues, PortValues } from './payload/index.js'
import type { Partition } from './payload/rows.js'
import type { PixelImage } from './payload/images.js'
import type { Cardinality, Port, PortKind, RowKind, Spec } from './port.js'

/** Declared ports by name. */
export type Ports = Readonly<Record<string, Port>>

/** No ports at all: the inputs of a source. */
export type NoPorts = Readonly<Record<string, never>>

/** What an operation reads at its inputs: one value, perhaps a value, or named values in YAML order. */
export type InputsOf<P extends Ports> = {
  readonly [K in keyof P]: ByCardinality<P[K]['cardinality'], PortValues[P[K]['kind']]>
}

/** An entry of a many-port: the value and the node it comes from. */
export interface Named<T> {
  /** Node id in the YAML; with a port when it is not the first output (`tl.features`). */
  readonly name: string
  readonly value: T
}

type ByCardinality<C extends Cardinality, T> = C extends 'many' | 'any'
  ? readonly Named<T>[]
  : C extends 'optional'
    ? T | undefined
    : T

/** What an operation returns. */
export type OutputsOf<P extends Ports> = {
  readonly [K in keyof P]: OutputValues[P[K]['kind']]
}

/** Specs of the inputs at plan time. */
export type InputSpecs<P extends Ports> = {
  readonly [K in keyof P]: ByCardinality<P[K]['cardinality'], Spec>
}

/** Specs that `plan` predicts for the outputs; what is left out is not known. */
export type OutputSpecs<P extends Ports> = {
  readonly [K in keyof P]?: Omit<Spec, 'kind' | 'splitIds'>
}

/** What is known of a problem that `plan` reports. */
export interface IssueDetails {
  /** Set for a problem at an input whose class lists do not fit; left out, the problem is one of shapes. */
  readonly code?: 'ERR_CLASS_LIST'
  readonly expected?: string
  readonly received?: string
  readonly hint?: string
}

/** What `plan` reads. It does no I/O and sees no data. */
export interface PlanArguments<O, I extends Ports> {
  readonly options: O
  readonly inputs: InputSpecs<I>
  /** Reports a problem. `at` is an option (`components`) or an input (`in:features`); the runner adds file, line and column. */
  issue(this: void, at: string, message: string, details?: IssueDetails): void
  /** Says what the reader of the result must know and is no mistake; the runner names the node and shows it with every plan and run. */
  notice?(this: void, message: string): void
}

/** What a stage needs of the machine. */
export interface Resources {
  readonly cpus: number
  /**
   * CPUs that it can use, default `cpus`: it gets them where everything left to do waits for it, in the middle of its work, too.
   * Results must not depend on how many were granted (`ctx.threads`), or when.
   */
  readonly maxCpus?: number
  readonly memoryMb: number
  /** GPUs that it computes on where the run offers them (`--gpus`); where it offers none, it runs without. */
  readonly gpus?: number
}

/** What every run function is given. */
export interface RunArguments<O, I extends Ports, C extends SeedlessContext = SeedlessContext> {
  readonly options: O
  readonly inputs: InputsOf<I>
  readonly ctx: C
}

/** A row whose decoded picture a source hands over. */
export interface KeptRow {
  /** Output port that the row comes out of. */
  readonly port: string
  /** As the row has it. */
  readonly uri: string
  /** As the row has it: digest of the file, sha256 in hex, or whatever says that its content is the same. */
  readonly sourceId: string
}

/** What the run function of a source is given. */
export interface SourceArguments<O, C extends SeedlessContext = SeedlessContext> extends RunArguments<O, NoPorts, C> {
  /**
   * Hands over a picture that was decoded to look at it, so that it need not be decoded once more in each stage that reads it. It must be what
   * `loadPixels` gives for that row. Calling it is never needed: where there is no room, or nothing was kept, `loadPixels` is asked.
   *
   * @throws PipelineError For what is no picture.
   */
  readonly keepPixels: (this: void, row: KeptRow, image: PixelImage) => void
}

/** The context of an operation whose `draws` is of type `D`. */
export type ContextOf<D> = [D] extends [false] ? SeedlessContext : OperationContext

/** What decoding one row is given. */
export interface LoadPixelsArguments<O> {
  /**
   * Only a source learns where the picture lies (`uri`) and gets the row's `sourceId`, as it gave it. A source that reads files refuses a
   * file whose content is no longer that of the row.
   */
  readonly row: {
    readonly id: string
    readonly uri: string
    readonly sourceId?: string
  }
  /** Output port the row came out of. */
  readonly port: string
  /** This operation's entry of `ImageRows.parameters` for the row; `null` when it gave none. */
  readonly parameters: Json
  /** Pixels of the row as the operation above loads them, for the same random draw. In a source, with nothing above it, the promise rejects. */
  readonly upstream: () => Promise<PixelImage>
  /** Which view is wanted of an operation that is `isRandom`; left out: the picture itself. */
  readonly draw?: number | undefined
  /** Side of the square to which the caller will resize the view: it need not be made larger. */
  readonly side?: number | undefined
  readonly options: O
}

/** Given by every operation with an `images` output that makes or changes pixels. Must depend on its arguments only. */
export interface PixelLoading<O> {
  loadPixels?(args: LoadPixelsArguments<O>): Promise<PixelImage>
}

/*
 * Functions that get a context are declared as properties, not as methods: TypeScript compares the parameters of properties strictly, so
 * code that asks for a seed does not compile for an operation that draws nothing.
 */

/** Code of a `source`. `C` is {@link OperationContext} where it draws; so for the other kinds. */
export interface SourceImplementation<
  O,
  U extends Ports,
  C extends SeedlessContext = SeedlessContext,
> extends PixelLoading<O> {
  readonly run: (args: SourceArguments<O, C>) => Promise<OutputsOf<U>>
  /**
   * Decodes a picture from elsewhere exactly as the source decodes its own, so that what was fitted on this source can answer for it. Left
   * out by a source whose pictures are no files.
   */
  decodePicture?(args: DecodePictureArguments<O>): Promise<PixelImage>
}

/** A picture that is none of the source's own. */
export interface DecodePictureArguments<O> {
  /** The encoded file, whole. */
  readonly bytes: Uint8Array
  /** How it is called in messages. */
  readonly name: string
  /** Output port whose pictures it stands beside. */
  readonly port: string
  readonly options: O
  /** Left out: the bounds of the source's own pictures. */
  readonly bounds?: PictureBounds | undefined
}

/** Bounds on a picture of an unknown sender: beyond them it is refused before it is decoded. */
export interface PictureBounds {
  /** Height × width. */
  readonly maxPixels: number
  /** Most frames or pages; without a bound the first of many is taken. */
  readonly maxPages: number
}

/** A batch at port `R`, by its kind; where `R` is several ports, one of any of them. */
export type BatchAt<I extends Ports, R extends keyof I> = Batches[Extract<I[R]['kind'], RowKind>]

/** What {@link OpenFormats.writeOpenFormats} is given. */
export interface OpenFormatsArguments<O, I extends Ports> {
  readonly options: O
  /** Models that are read where there is no state. */
  readonly inputs: {
    readonly [K in keyof I as I[K]['kind'] extends 'model' ? K : never]?: ByCardinality<
      I[K]['cardinality'],
      PortValues['model']
    >
  }
  readonly classNames: readonly string[]
  /** An empty folder. */
  readonly dir: string
}

/** Given by an operation whose fitted state, or model, can be written for other programs. */
interface OpenFormats<O, I extends Ports, S> {
  /**
   * Writes what is applied in formats that other programs read: ONNX, safetensors, XGBoost JSON. A bundle holds these files beside the
   * state, for others: they are never read back. Weights go into `model.safetensors`, and what is not in them into `config.json`.
   */
  readonly writeOpenFormats?: (args: OpenFormatsArguments<O, I> & S) => Promise<void>
}

/** Code of a `map`: a pure function of a batch. Labels are hidden. Every output has the input's rows, in its order. */
export interface MapImplementation<
  O,
  I extends Ports,
  U extends Ports,
  C extends SeedlessContext = SeedlessContext,
  R extends keyof I = keyof I,
>
  extends PixelLoading<O>, OpenFormats<O, I, unknown> {
  /** Opened once per stage (load models here); `apply` is called per batch, in order; `close` at the end. */
  readonly open: (args: RunArguments<O, I, C>) => Promise<{
    apply(batch: BatchAt<I, R>): Promise<{
      readonly [K in keyof U]: U[K]['kind'] extends RowKind ? OutputBatches[U[K]['kind']] : never
    }>
    close?(): Promise<void>
  }>
}

/** Code of an `estimator`: learning is apart from applying, so the runner decides which rows each may see. */
export interface EstimatorImplementation<
  O,
  I extends Ports,
  U extends Ports,
  S,
  C extends SeedlessContext = SeedlessContext,
  R extends keyof I = keyof I,
> extends OpenFormats<O, I, { readonly state: S }> {
  /** Learns from rows of the partitions in `fitOn` only. Labels are hidden when the operation is not `supervised`. */
  readonly fit: (args: RunArguments<O, I, C>) => Promise<S>
  /** Writes the state as data (safetensors, JSON) into an empty directory. The state's bytes depend on nothing but the arguments of `fit`. */
  save(state: S, dir: string): Promise<void>
  /** Reads what `save` wrote. A `model` output of the operation *is* this directory. */
  load(dir: string): Promise<S>
  /**
   * Applies the state. Labels, groups and partitions are hidden. Batches arrive at the `rows` port in order; every output has the batch's rows, in its order.
   * Left out when the operation's only output is its `model`.
   */
  readonly open?: (args: RunArguments<O, I, C> & { readonly state: S }) => Promise<{
    apply(batch: BatchAt<I, R>): Promise<{
      readonly [K in keyof U as U[K]['kind'] extends RowKind ? K : never]: U[K]['kind'] extends RowKind
        ? OutputBatches[U[K]['kind']]
        : never
    }>
    close?(): Promise<void>
  }>
}

/** A batch of every input with rows, joined by id: the same rows in the same order, named at a many-port as its values are. */
export type JoinedBatches<I extends Ports> = {
  readonly [K in keyof I as I[K]['kind'] extends RowKind ? K : never]: I[K]['kind'] extends RowKind
    ? ByCardinality<I[K]['cardinality'], Batches[I[K]['kind']]>
    : never
}

/** What is applied to joined batches: rows come out as those of the first edge at the `rows` port, in its order. */
interface JoiningApply<I extends Ports, U extends Ports> {
  apply(batches: JoinedBatches<I>): Promise<{
    readonly [K in keyof U as U[K]['kind'] extends RowKind ? K : never]: U[K]['kind'] extends RowKind
      ? OutputBatches[U[K]['kind']]
      : never
  }>
  close?(): Promise<void>
}

/** Code of a `map` over several inputs: as {@link MapImplementation}, with a batch of each. */
export interface JoiningMapImplementation<
  O,
  I extends Ports,
  U extends Ports,
  C extends SeedlessContext = SeedlessContext,
> {
  readonly open: (args: RunArguments<O, I, C>) => Promise<JoiningApply<I, U>>
}

/**
 * Code of an `estimator` over several inputs: as {@link EstimatorImplementation}, with a batch of each.
 *
 * `fit` reads each input as a stream of its own, in the order of its rows; that they hold the same rows was checked before.
 */
export interface JoiningEstimatorImplementation<
  O,
  I extends Ports,
  U extends Ports,
  S,
  C extends SeedlessContext = SeedlessContext,
> extends Pick<EstimatorImplementation<O, I, U, S, C>, 'fit' | 'save' | 'load' | 'writeOpenFormats'> {
  readonly open: (args: RunArguments<O, I, C> & { readonly state: S }) => Promise<JoiningApply<I, U>>
}

/** Code of a `combine`: joins inputs by id. Labels of train and val rows are shown, those of test and unsplit rows hidden (a `split` sees those of unsplit rows). */
export interface CombineImplementation<
  O,
  I extends Ports,
  U extends Ports,
  C extends SeedlessContext = SeedlessContext,
> extends PixelLoading<O> {
  readonly run: (args: RunArguments<O, I, C>) => Promise<OutputsOf<U>>
}

/** Code of a `report`: reads everything, test labels included. Nothing downstream of it can be fitted. */
export interface ReportImplementation<
  O,
  I extends Ports,
  U extends Ports,
  C extends SeedlessContext = SeedlessContext,
> {
  readonly run: (args: RunArguments<O, I, C>) => Promise<OutputsOf<U>>
}

interface Declaration<O extends TSchema, I extends Ports, U extends Ports, D extends boolean> {
  /** `<plugin>/<operation>`, e.g. `ensemble/fast-ica`. */
  readonly type: string
  /** One sentence: what comes out. */
  readonly summary: string
  /** Raised when outputs change for equal inputs and options. */
  readonly cacheVersion: number
  /** `Type.Object({...}, { additionalProperties: false })`; every option with a default or required, and a description. */
  readonly options: O
  readonly inputs: I
  readonly outputs: U
  /** Predicts the outputs' specs and reports what cannot work. Unknown class lists and partitions of row outputs default to the `rows` input's. */
  plan?(args: PlanArguments<Static<O>, I>): OutputSpecs<U>
  /** What a stage needs at its peak; asked while planning, with what is known of the inputs by then. */
  resources?(options: Static<O>, inputs: InputSpecs<I>): Resources
  /**
   * Files that a file given as content names in turn, such as the shards of a TF.js `model.json`: they enter the key with it.
   *
   * @param path - Absolute path of a content option's file. Uses `node:fs` only; must not throw on a damaged file.
   * @returns Paths relative to the file's folder; the runner refuses one that leads out of it.
   */
  contentFiles?(path: string): readonly string[]
  /**
   * Whether the result depends on the seed, perhaps by the options; default true. `false`: it draws nothing, its key has no seed, so that
   * runs of other seeds share its results, and its context gives none.
   */
  readonly draws?: D | ((options: Static<O>) => boolean)
  /** `'tensor'` when it computes on a tensor engine: the engine's id enters the key. */
  readonly engine?: 'tensor'
}

/** What a source declares, but its code. */
export interface SourceFields<O extends TSchema, U extends Ports, D extends boolean = true> extends Declaration<
  O,
  NoPorts,
  U,
  D
> {
  /**
   * Looks at the declared content at plan time (names, never pixels) to give specs: class list, number of samples.
   * `resolve` turns a content-path option into an absolute path. Uses `node:fs` only.
   */
  inspect?(args: {
    readonly options: Static<O>
    resolve: (path: string) => string
    issue: PlanArguments<Static<O>, NoPorts>['issue']
    notice?: PlanArguments<Static<O>, NoPorts>['notice']
  }): OutputSpecs<U>
}

/** Declares a source. */
export interface SourceDeclaration<O extends TSchema, U extends Ports, D extends boolean = true> extends SourceFields<
  O,
  U,
  D
> {
  readonly kind: 'source'
  load(): Promise<SourceImplementation<Static<O>, U, ContextOf<D>>>
}

/** What a map declares, but its code. */
export interface MapFields<
  O extends TSchema,
  I extends Ports,
  U extends Ports,
  D extends boolean = true,
  R extends keyof I & string = keyof I & string,
> extends Declaration<O, I, U, D> {
  /** Input port whose batches are mapped. */
  readonly rows: R
  /** Left out by what joins its inputs. */
  readonly joins?: never
}

/** Declares a map. */
export interface MapDeclaration<
  O extends TSchema,
  I extends Ports,
  U extends Ports,
  D extends boolean = true,
  R extends keyof I & string = keyof I & string,
> extends MapFields<O, I, U, D, R> {
  readonly kind: 'map'
  load(): Promise<MapImplementation<Static<O>, I, U, ContextOf<D>, R>>
}

/** What an estimator declares, but its code. */
export interface EstimatorFields<
  O extends TSchema,
  I extends Ports,
  U extends Ports,
  D extends boolean = true,
  R extends keyof I & string = keyof I & string,
> extends Declaration<O, I, U, D> {
  /** Input port whose rows are learned from and applied to. */
  readonly rows: R
  /** Left out by what joins its inputs. */
  readonly joins?: never
  /** Partitions whose rows `fit` may see. Never `test`. */
  readonly fitOn: readonly ('train' | 'val')[]
  /** Whether `fit` sees labels. */
  readonly supervised: boolean
  /** `fit` works without a row, too: a split that gives these partitions no share is fine. */
  readonly fitsWithoutRows?: true
}

/** Declares an estimator. */
export interface EstimatorDeclaration<
  O extends TSchema,
  I extends Ports,
  U extends Ports,
  S,
  D extends boolean = true,
  R extends keyof I & string = keyof I & string,
> extends EstimatorFields<O, I, U, D, R> {
  readonly kind: 'estimator'
  load(): Promise<EstimatorImplementation<Static<O>, I, U, S, ContextOf<D>, R>>
}

/** Declares a map whose inputs with rows are joined. */
export interface JoiningMapDeclaration<
  O extends TSchema,
  I extends Ports,
  U extends Ports,
  D extends boolean = true,
> extends Declaration<O, I, U, D> {
  readonly kind: 'map'
  /** Input port whose first edge gives the rows and their order. */
  readonly rows: keyof I & string
  /** Every input with rows is joined by id to those of `rows`, and `apply` is given a batch of each. None carries images. */
  readonly joins: true
  load(): Promise<JoiningMapImplementation<Static<O>, I, U, ContextOf<D>>>
}

/** Declares an estimator whose inputs with rows are joined: a vote that learns, a stack. */
export interface JoiningEstimatorDeclaration<
  O extends TSchema,
  I extends Ports,
  U extends Ports,
  S,
  D extends boolean = true,
> extends JoiningFields<O, I, U, D> {
  load(): Promise<JoiningEstimatorImplementation<Static<O>, I, U, S, ContextOf<D>>>
}

interface JoiningFields<O extends TSchema, I extends Ports, U extends Ports, D extends boolean>
  extends
    Omit<EstimatorDeclaration<O, I, U, never, D>, 'load' | 'joins'>,
    Pick<JoiningMapDeclaration<O, I, U, D>, 'joins'> {}

/** What a combine declares, but its code. */
export interface CombineFields<
  O extends TSchema,
  I extends Ports,
  U extends Ports,
  D extends boolean = true,
> extends Declaration<O, I, U, D> {
  /**
   * How output rows relate to input rows: `same` (default; every row once), `expand` (may add rows with `parentIds`; new rows only of
   * train rows), `subset` (may drop rows), `split` (same rows; sets partitions of rows that have none).
   */
  readonly rowPolicy?: 'same' | 'expand' | 'subset' | 'split'
  /** Its `loadPixels` gives another view of a train row for each `draw`; see `ImageBatch.load`. */
  readonly isRandom?: true
}

/** Declares a combine. */
export interface CombineDeclaration<
  O extends TSchema,
  I extends Ports,
  U extends Ports,
  D extends boolean = true,
> extends CombineFields<O, I, U, D> {
  readonly kind: 'combine'
  load(): Promise<CombineImplementation<Static<O>, I, U, ContextOf<D>>>
}

/** What a report declares, but its code. */
export type ReportFields<O extends TSchema, I extends Ports, U extends Ports, D extends boolean = true> = Declaration<
  O,
  I,
  U,
  D
>

/** Declares a report. */
export interface ReportDeclaration<
  O extends TSchema,
  I extends Ports,
  U extends Ports,
  D extends boolean = true,
> extends ReportFields<O, I, U, D> {
  readonly kind: 'report'
  load(): Promise<ReportImplementation<Static<O>, I, U, ContextOf<D>>>
}

/** An operation with its types erased, as the runner sees it. */
export interface Operation extends Omit<Declaration<TSchema, Ports, Ports, boolean>, 'plan' | 'resources' | 'draws'> {
  readonly kind: 'source' | 'map' | 'estimator' | 'combine' | 'report'
  readonly rows?: string
  readonly joins?: true
  readonly fitsWithoutRows?: true
  readonly fitOn?: readonly ('train' | 'val')[]
  readonly supervised?: boolean
  readonly rowPolicy?: 'same' | 'expand' | 'subset' | 'split'
  readonly isRandom?: true
  plan?(args: PlanArguments<unknown, Ports>): Readonly<Record<string, Omit<Spec, 'kind' | 'splitIds'> | undefined>>
  inspect?(args: {
    readonly options: unknown
    resolve: (path: string) => string
    issue: PlanArguments<unknown, Ports>['issue']
    notice?: PlanArguments<unknown, Ports>['notice']
  }): Readonly<Record<string, Omit<Spec, 'kind' | 'splitIds'> | undefined>>
  resources?(options: unknown, inputs: unknown): Resources
  readonly draws?: boolean | ((options: unknown) => boolean)
  load(): Promise<unknown>
}

/**
 * Declares an operation. Types of options, inputs and outputs are inferred and checked against the implementation that `load` imports.
 *
 * @returns The declaration itself, with its types erased for the runner.
 * @example
 * defineOperation({
 *   kind: 'estimator', type: 'select/top-k', summary: 'Keeps the k best columns', cacheVersion: 1,
 *   options: Type.Object({ k: Type.Integer({ minimum: 1, default: 50, description: 'Columns kept' }) }, { additionalProperties: false }),
 *   inputs: { features: port.features('rows to select on') }, outputs: { features: port.features('the kept columns') },
 *   rows: 'features', fitOn: ['train'], supervised: true,
 *   plan: ({ options }) => ({ features: { numFeatures: options.k } }),
 *   load: () => import('./top-k-node.js'),
 * })
 */
export function defineOperation<O extends TSchema, U extends Ports, D extends boolean = true>(
  declaration: SourceDeclaration<O, U, D>,
): Operation
export function defineOperation<
  O extends TSchema,
  I extends Ports,
  U extends Ports,
  S,
  const R extends keyof I & string,
  D extends boolean = true,
>(declaration: EstimatorDeclaration<O, I, U, S, D, R> | JoiningEstimatorDeclaration<O, I, U, S, D>): Operation
export function defineOperation<
  O extends TSchema,
  I extends Ports,
  U extends Ports,
  const R extends keyof I & string,
  D extends boolean = true,
>(
  declaration:
    | MapDeclaration<O, I, U, D, R>
    | JoiningMapDeclaration<O, I, U, D>
    | CombineDeclaration<O, I, U, D>
    | ReportDeclaration<O, I, U, D>,
): Operation
export function defineOperation(declaration: object): Operation {
  // The overloads have checked the declaration against its own types; the runner checks options before it passes them on.
  return declaration as Operation
}

/** Kinds of row-carrying ports, for narrowing. */
export function isRowKind(kind: PortKind): kind is RowKind {
  return ['images', 'features', 'predictions', 'attributions', 'tensor'].includes(kind)
}

export type { Partition }
