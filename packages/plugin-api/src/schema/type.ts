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

/** Options of a schema whose default is one of its values. */
type DefaultOf<Value, Options = TSchemaOptions> = Options & { readonly default?: Value }

/** Builders of TypeBox that take any default, with those that fit the schema. */
interface Builders {
  Array<Items extends TSchema>(
    items: Items,
    options?: DefaultOf<readonly Static<Items>[], TArrayOptions>,
  ): TArray<Items>
  Boolean(options?: DefaultOf<boolean>): TBoolean
  Enum<Values extends TEnumValue[]>(
    values: readonly [...Values],
    options?: DefaultOf<NoInfer<Values>[number]>,
  ): TEnum<Values>
  Integer(options?: DefaultOf<number, TNumberOptions>): TInteger
  Literal<Value extends TLiteralValue>(value: Value, options?: DefaultOf<NoInfer<Value>>): TLiteral<Value>
  Null(options?: DefaultOf<null>): TNull
  Number(options?: DefaultOf<number, TNumberOptions>): TNumber
  Object<Properties extends TProperties>(
    properties: Properties,
    options?: DefaultOf<Static<TObject<Properties>>, TObjectOptions>,
  ): TObject<Properties>
  String(options?: DefaultOf<string, TStringOptions>): TString
  Union<Types extends TSchema[]>(
    anyOf: [...Types],
    options?: DefaultOf<Static<TUnion<Types>>>,
  ): TUnion<Types>
}

/** TypeBox's builders of options' schemas; a default that is no value of its schema does not compile. */
export const Type: Omit<typeof Base, keyof Builders> & Builders = Base
