import type { Partition } from './payload/rows.js'
import type { PortValues } from './payload/index.js'

/** Kinds of payload that travel on an edge. */
export type PortKind = keyof PortValues

/** Kinds whose payload is a stream of rows. */
export type RowKind = 'images' | 'features' | 'predictions' | 'attributions'

/** How many edges an input takes: exactly one, none or one, or one and more (a list in YAML, order kept). */
export type Cardinality = 'one' | 'optional' | 'many'

/** A declared input or output. */
export interface Port<K extends PortKind = PortKind, C extends Cardinality = Cardinality> {
  readonly kind: K
  readonly cardinality: C
  readonly description: string
}

/**
 * Declares ports: `port.features('rows to fit on')`, `port.features.many('…')`, `port.model.optional('…')`.
 */
export const port: { readonly [K in PortKind]: PortMaker<K> } = {
  images: portMaker('images'),
  features: portMaker('features'),
  predictions: portMaker('predictions'),
  attributions: portMaker('attributions'),
  model: portMaker('model'),
  report: portMaker('report'),
}

/** Makes ports of one kind. */
export interface PortMaker<K extends PortKind> {
  (description: string): Port<K, 'one'>
  optional(description: string): Port<K, 'optional'>
  many(description: string): Port<K, 'many'>
}

function portMaker<K extends PortKind>(kind: K): PortMaker<K> {
  const make =
    <C extends Cardinality>(cardinality: C) =>
    (description: string): Port<K, C> => ({ kind, cardinality, description })
  return Object.assign(make('one'), { optional: make('optional'), many: make('many') })
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
  /** Width of features. */
  readonly numFeatures?: number | undefined
  /** Images: a new row was made from another (copies). Splitting such rows is refused. */
  readonly isAugmented?: boolean | undefined
  /** Model: architecture name and `[height, width, channels]` of its input. */
  readonly architecture?: string | undefined
  readonly inputShape?: readonly number[] | undefined
  /**
   * Filled in by the runner: which splits the rows come from. Inputs that are joined must agree.
   */
  readonly splitIds?: readonly string[] | undefined
}
