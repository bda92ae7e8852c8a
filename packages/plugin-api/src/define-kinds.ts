import type { Static, TSchema } from 'typebox'
import type {
  CombineFields,
  CombineImplementation,
  ContextOf,
  EstimatorFields,
  EstimatorImplementation,
  MapFields,
  MapImplementation,
  Operation,
  Ports,
  ReportFields,
  ReportImplementation,
  SourceFields,
  SourceImplementation,
} from './define-operation.js'
import type { RowKind } from './port.js'

/**
 * The code of an operation, checked against its ports. Code written in place stands in an async function (`load: async () => ({ … })`), so
 * that its arguments get their types.
 */
interface WithCode<Code> {
  /** `<plugin>/<operation>`. */
  readonly type: `${string}/${string}`
  load(): PromiseLike<Code>
}

/** Code that must have an `open`, where one of its outputs has rows. */
type AppliedWhereRows<E extends { readonly open?: unknown }, U extends Ports> = [
  Extract<U[keyof U]['kind'], RowKind>,
] extends [never]
  ? E
  : E & Required<Pick<E, 'open'>>

/** Declares a source; as `defineOperation`, without `kind`, and what does not fit is told in one error. */
export function defineSource<O extends TSchema, U extends Ports, D extends boolean = true>(
  fields: SourceFields<O, U, D> & WithCode<SourceImplementation<Static<O>, NoInfer<U>, ContextOf<D>>>,
): Operation {
  return operation('source', fields)
}

/** Declares a map; as `defineOperation`, without `kind`, and what does not fit is told in one error. */
export function defineMap<
  O extends TSchema,
  I extends Ports,
  U extends Ports,
  const R extends keyof I & string,
  D extends boolean = true,
>(
  fields: MapFields<O, I, U, D, R> & WithCode<MapImplementation<Static<O>, NoInfer<I>, NoInfer<U>, ContextOf<D>, R>>,
): Operation {
  return operation('map', fields)
}

/** Declares an estimator; as `defineOperation`, without `kind`, and what does not fit is told in one error. */
export function defineEstimator<
  O extends TSchema,
  I extends Ports,
  U extends Ports,
  S,
  const R extends keyof I & string,
  D extends boolean = true,
>(
  fields: EstimatorFields<O, I, U, D, R> &
    WithCode<
      AppliedWhereRows<EstimatorImplementation<Static<O>, NoInfer<I>, NoInfer<U>, S, ContextOf<D>, R>, NoInfer<U>>
    >,
): Operation {
  return operation('estimator', fields)
}

/** Declares a combine; as `defineOperation`, without `kind`, and what does not fit is told in one error. */
export function defineCombine<O extends TSchema, I extends Ports, U extends Ports, D extends boolean = true>(
  fields: CombineFields<O, I, U, D> & WithCode<CombineImplementation<Static<O>, NoInfer<I>, NoInfer<U>, ContextOf<D>>>,
): Operation {
  return operation('combine', fields)
}

/** Declares a report; as `defineOperation`, without `kind`, and what does not fit is told in one error. */
export function defineReport<O extends TSchema, I extends Ports, U extends Ports, D extends boolean = true>(
  fields: ReportFields<O, I, U, D> & WithCode<ReportImplementation<Static<O>, NoInfer<I>, NoInfer<U>, ContextOf<D>>>,
): Operation {
  return operation('report', fields)
}

function operation(kind: Operation['kind'], fields: object): Operation {
  // The functions above have checked the fields against the types of their kind.
  return { kind, ...fields } as Operation
}
