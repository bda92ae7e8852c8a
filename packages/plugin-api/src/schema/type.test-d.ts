// Compiled by TypeScript 6 with the house; errors are the same, and at the same lines, in TypeScript 7.
import type { Static, TSchema } from 'typebox'
import { expectTypeOf, test } from 'vitest'
import * as Type from './type.js'

test('a default that fits its schema compiles, and the schema has the type that TypeBox gives', () => {
  const schema = Type.Object({
    k: Type.Integer({ minimum: 1, default: 5 }),
    name: Type.String({ default: 'a' }),
    isOn: Type.Boolean({ default: true }),
    list: Type.Array(Type.Integer(), { default: [1, 2] }),
    vote: Type.Enum(['hard', 'soft'], { default: 'hard' }),
    either: Type.Union([Type.Integer(), Type.Null()], { default: null }),
    deep: Type.Object({ x: Type.Number() }, { default: { x: 1 } }),
  })
  expectTypeOf(schema).toExtend<TSchema>()
  expectTypeOf<Static<typeof schema>>().toEqualTypeOf<{
    k: number
    name: string
    isOn: boolean
    list: number[]
    vote: 'hard' | 'soft'
    either: number | null
    deep: { x: number }
  }>()
})

test('a default of another type does not', () => {
  // @ts-expect-error: no number
  Type.Integer({ default: 'five' })
  // @ts-expect-error: no number
  Type.Number({ default: null })
  // @ts-expect-error: a number is no text
  Type.String({ default: 5 })
  // @ts-expect-error: no truth value
  Type.Boolean({ default: 'true' })
  // @ts-expect-error: no list of integers
  Type.Array(Type.Integer(), { default: ['a'] })
  // @ts-expect-error: none of the values
  Type.Enum(['hard', 'soft'], { default: 'weighted' })
  // @ts-expect-error: none of the literals
  Type.Union([Type.Literal('hard'), Type.Literal('soft')], { default: 'weighted' })
  // @ts-expect-error: neither form
  Type.Union([Type.Integer(), Type.Null()], { default: 'auto' })
  // @ts-expect-error: a property of another type
  Type.Object({ x: Type.Number() }, { default: { x: 'a' } })
})
