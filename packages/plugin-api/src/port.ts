import type { Partition } from './payload/rows.js'
import type { PortValues } from './payload/index.js'

/** Kinds of payload that travel on an edge. */
export type PortKind = keyof PortValues

/** Kinds whose payload is a stream of rows. */
export type RowKind = 'images' | 'features' | 'predictions' | 'attributions' | 'tensor'

/** How many edges an input takes: exactly one, at most one, one or more, or any number. Several are a list in YAML, whose order is kept. */
export type Cardinality = 'one' | 'optional' | 'many' | 'any'

/** Whether an operation is given a list at such an input. */
export function isListed(cardinality: Cardinality | undefined): boolean {
  return cardinality === 'many' || cardinality === 'any'
}

/** Whether such an input may be left out. */
export function isOmissible(cardinality: Cardinality | undefined): boolean {
  return cardinality === 'optional' || cardinality === 'any'
}

/** A declared input or output. */
export interface Port<K extends PortKind = PortKind, C extends Cardinality = Cardinality> {
  readonly kind: K
  readonly cardinality: C
  readonly description: string
  /** Of a model: what an input takes, or what an output gives. An input without it takes any model. */
  readonly models?: ModelType | undefined
}

/**
 * What a model is, by what it is good for: `network` computes features or classes from images, the others are fitted on
 * features or predictions. `classifier` gives class probabilities, `selector` keeps columns, `projection` makes new
 * ones, `calibrator` mends probabilities, `abstainer` holds answers back.
 */
export type ModelKind = 'network' | 'classifier' | 'selector' | 'projection' | 'calibrator' | 'abstainer'

/** The models that may stand at a port; several words mean any of them. */
export interface ModelType {
  readonly modelKind: ModelKind | readonly ModelKind[]
  /** How it was fitted, by the name of the operation (`xgboost`). Left out: any. */
  readonly algorithm?: string | readonly string[] | undefined
}

/**
 * Declares ports: `port.features('rows to fit on')`, `port.features.many('…')`, `port.model.optional('…')`,
 * `port.model('network to start from', { modelKind: 'network' })`.
 */
export const port: { readonly [K in PortKind]: PortMaker<K> } = {
  images: portMaker('images'),
  features: portMaker('features'),
  predictions: portMaker('predictions'),
  attributions: portMaker('attributions'),
  tensor: portMaker('tensor'),
  model: portMaker('model'),
  report: portMaker('report'),
  predictor: portMaker('predictor'),
}

/** Makes ports of one kind. */
export interface PortMaker<K extends PortKind> {
  (description: string, ...models: ModelTypeOf<K>): Port<K, 'one'>
  optional(description: string, ...models: ModelTypeOf<K>): Port<K, 'optional'>
  many(description: string, ...models: ModelTypeOf<K>): Port<K, 'many'>
  any(description: string, ...models: ModelTypeOf<K>): Port<K, 'any'>
}

/** Only a port of models says which. */
type ModelTypeOf<K extends PortKind> = K extends 'model' ? [models?: ModelType] : []

function portMaker<K extends PortKind>(kind: K): PortMaker<K> {
  const make =
    <C extends Cardinality>(cardinality: C) =>
    (description: string, models?: ModelType): Port<K, C> => ({
      kind,
      cardinality,
      description,
      ...(models === undefined ? {} : { models }),
    })
  return Object.assign(make('one'), { optional: make('optional'), many: make('many'), any: make('any') })
}

/**
 * What the planner knows of a payload before anything runs. Absent means not known; the runner checks what is known
 * against the real payload.
 */
export interface Spec {
  readonly kind: PortKind
  readonly classNames?: readonly string[] | undefined
  readonly numSamples?: number | undefined
  /** Partitions present; `['none']` before a split. The runner refuses to fit on unsplit rows. */
  readonly partitions?: readonly Partition[] | undefined
  /** Names of the attributes that rows have for splits and reports; a source says `[]` where its rows have none. */
  readonly attributes?: readonly string[] | undefined
  /** Width of features. */
  readonly numFeatures?: number | undefined
  /** Shape of each row's tensor. */
  readonly tensorShape?: readonly number[] | undefined
  /** Images: a new row was made from another (copies). Splitting such rows is refused. */
  readonly isAugmented?: boolean | undefined
  /** Images: views of train rows differ from draw to draw. */
  readonly isRandom?: boolean | undefined
  /** Images: channels of the decoded pictures; 1 says that there is no colour. */
  readonly channels?: number | undefined
  /** Model: what it is; default what the output port declares. */
  readonly modelKind?: ModelKind | undefined
  /** Model that is no network: how it was fitted, by the name of the operation. */
  readonly algorithm?: string | undefined
  /** Network: architecture name and `[height, width, channels]` of its input. */
  readonly architecture?: string | undefined
  readonly inputShape?: readonly number[] | undefined
  /**
   * Filled in by the runner: which splits the rows come from. Inputs that are joined must agree.
   */
  readonly splitIds?: readonly string[] | undefined
}
