import { Type as Base } from '#typebox'
import type {
  Static,
  TArray,
  TArrayOptions,
  TBoolean,
  TEnum,
  TEnumValue,
  TInteger,
  TLiteral,
  TLiteralValue,
  TNull,
  TNumber,
  TNumberOptions,
  TObject,
  TObjectOptions,
  TProperties,
  TSchema,
  TSchemaOptions,
  TString,
  TStringOptions,
  TUnion,
} from 'typebox'

export type * from 'typebox'

/** Options of a schema whose default is one of its values. */
type DefaultOf<Value, Options = TSchemaOptions> = Options & { readonly default?: Value }

// TypeBox's builders of options' schemas: those that take any default, with one that is a value of the schema. A namespace, so that what is
// declared with it is known by types of this package alone.

export const Array: <Items extends TSchema>(
  items: Items,
  options?: DefaultOf<readonly Static<Items>[], TArrayOptions>,
) => TArray<Items> = Base.Array
export const Boolean: (options?: DefaultOf<boolean>) => TBoolean = Base.Boolean
export const Enum: <Values extends TEnumValue[]>(
  values: readonly [...Values],
  options?: DefaultOf<NoInfer<Values>[number]>,
) => TEnum<Values> = Base.Enum
export const Integer: (options?: DefaultOf<number, TNumberOptions>) => TInteger = Base.Integer
export const Literal: <Value extends TLiteralValue>(
  value: Value,
  options?: DefaultOf<NoInfer<Value>>,
) => TLiteral<Value> = Base.Literal
export const Null: (options?: DefaultOf<null>) => TNull = Base.Null
export const Number: (options?: DefaultOf<number, TNumberOptions>) => TNumber = Base.Number
export const Object: <Properties extends TProperties>(
  properties: Properties,
  options?: DefaultOf<Static<TObject<Properties>>, TObjectOptions>,
) => TObject<Properties> = Base.Object
export const String: (options?: DefaultOf<string, TStringOptions>) => TString = Base.String
export const Union: <Types extends TSchema[]>(
  anyOf: [...Types],
  options?: DefaultOf<Static<TUnion<Types>>>,
) => TUnion<Types> = Base.Union

export const Any: typeof Base.Any = Base.Any
export const Intersect: typeof Base.Intersect = Base.Intersect
export const Optional: typeof Base.Optional = Base.Optional
export const Record: typeof Base.Record = Base.Record
export const Tuple: typeof Base.Tuple = Base.Tuple
export const Unknown: typeof Base.Unknown = Base.Unknown
export const Unsafe: typeof Base.Unsafe = Base.Unsafe
