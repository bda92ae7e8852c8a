import { Type } from '@etsef/plugin-api'
import { fc, test as property } from '@fast-check/vitest'
import { Ajv } from 'ajv'
import { describe, expect, test } from 'vitest'
import { checkOptions, contentOptions, describeSchema, replaceAt, type Schema } from './check-options.js'

const schema = Type.Object(
  {
    k: Type.Integer({ minimum: 1, maximum: 9, default: 3 }),
    rate: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 1 })),
    vote: Type.Union([Type.Literal('hard'), Type.Literal('soft')], { default: 'hard' }),
    name: Type.String({ minLength: 1, pattern: '^[a-z]+$' }),
    list: Type.Optional(
      Type.Array(Type.Union([Type.Literal('flip'), Type.Literal('zoom')]), { minItems: 1, uniqueItems: true }),
    ),
    size: Type.Optional(
      Type.Union([Type.Integer({ minimum: 1 }), Type.Array(Type.Integer(), { minItems: 2, maxItems: 2 })]),
    ),
    deep: Type.Optional(
      Type.Object({ on: Type.Boolean({ default: false }), at: Type.Number() }, { additionalProperties: false }),
    ),
    nothing: Type.Optional(Type.Union([Type.Null(), Type.Number()])),
  },
  { additionalProperties: false },
) as unknown as Schema

describe('checkOptions', () => {
  test('fills defaults, nested ones too', () => {
    expect(checkOptions(schema, { name: 'a', deep: { at: 1 } })).toEqual({
      value: { name: 'a', k: 3, vote: 'hard', deep: { at: 1, on: false } },
      issues: [],
    })
  })

  test('finds every mistake', () => {
    const { issues } = checkOptions(schema, {
      k: 0,
      rate: 0,
      vote: 'maybe',
      list: ['flip', 'turn'],
      size: [1],
      deep: { of: 1 },
      extra: 1,
    })
    expect(
      issues.map((issue) => [issue.kind, [...issue.path, ...(issue.key === undefined ? [] : [issue.key])].join('/')]),
    ).toEqual([
      ['value', 'k'],
      ['value', 'rate'],
      ['value', 'vote'],
      ['value', 'list/1'],
      ['value', 'size'],
      ['unknown', 'deep/of'],
      ['missing', 'deep/at'],
      ['unknown', 'extra'],
      ['missing', 'name'],
    ])
  })

  test('describes what is allowed', () => {
    expect(describeSchema(schema['properties']!['k' as never])).toBe('a whole number ≥ 1 and ≤ 9')
    expect(describeSchema(schema['properties']!['vote' as never])).toBe('"hard" or "soft"')
  })
})

test('content options are found and replaced', () => {
  const content = {
    type: 'object',
    properties: {
      path: { type: 'string', 'x-etsef-content': 'path' },
      more: { type: 'array', items: { type: 'string', 'x-etsef-content': 'path' } },
    },
  }
  const value = { path: 'a', more: ['b', 'c'] }
  expect(contentOptions(content, value)).toEqual([
    { path: ['path'], text: 'a' },
    { path: ['more', '0'], text: 'b' },
    { path: ['more', '1'], text: 'c' },
  ])
  expect(replaceAt(value, ['more', '1'], 'x')).toEqual({ path: 'a', more: ['b', 'x'] })
})

const ajv = new Ajv({ strict: false, useDefaults: true })
const validate = ajv.compile(schema)
const value = fc.oneof(
  fc.integer({ min: -1, max: 11 }),
  fc.double({ noNaN: true, min: -1, max: 2 }),
  fc.constantFrom('hard', 'soft', 'abc', '', 'A'),
  fc.boolean(),
  fc.constant(null),
  fc.array(fc.constantFrom('flip', 'zoom', 'turn', 1, 2), { maxLength: 3 }),
  fc.record({ on: fc.boolean(), at: fc.integer() }, { requiredKeys: [] }),
)

property.prop(
  [
    fc.dictionary(fc.constantFrom('k', 'rate', 'vote', 'name', 'list', 'size', 'deep', 'nothing', 'extra'), value, {
      noNullPrototype: true,
    }),
  ],
  { numRuns: 2000 },
)('agrees with ajv about what is valid, and about defaults', (options) => {
  const copy = structuredClone(options)
  const isValid = validate(copy)
  const checked = checkOptions(schema, options)
  expect(checked.issues.length === 0).toBe(isValid)
  if (isValid) expect(checked.value).toEqual(copy)
})
