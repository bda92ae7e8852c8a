import { Type } from '#typebox'
import { fc, test as property } from '@fast-check/vitest'
import { Ajv } from 'ajv'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Json } from '../json.js'
import { checkOptions, contentOptions, describeSchema, replaceAt, type Schema } from './index.js'

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

  test('a mistyped word is told with the words there are, also where null is allowed', () => {
    const views = Type.Object({ views: Type.Union([Type.Enum(['color', 'grayscale']), Type.Null()]) })
    expect(checkOptions(views as unknown as Schema, { views: 'greyscale' }).issues).toEqual([
      {
        kind: 'value',
        path: ['views'],
        message: 'is not one of the values allowed',
        expected: '"color", "grayscale", null',
        candidates: ['color', 'grayscale'],
      },
    ])
    expect(checkOptions(views as unknown as Schema, { views: null }).issues).toEqual([])
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
      issues
        .map(({ kind, path, key }) => `${[...path, ...(key === undefined ? [] : [key])].join('/')} ${kind}`)
        .toSorted(),
    ).toEqual([
      'deep/at missing',
      'deep/of unknown',
      'extra unknown',
      'k value',
      'list/1 value',
      'name missing',
      'rate value',
      'size value',
      'vote value',
    ])
  })

  test('describes what is allowed', () => {
    expect(describeSchema(schema['properties']!['k' as never])).toBe('a whole number ≥ 1 and ≤ 9')
    expect(describeSchema(schema['properties']!['vote' as never])).toBe('"hard" or "soft"')
  })
})

describe('keywords of JSON Schema', () => {
  const problems = (given: object, value: Json) =>
    checkOptions(given as Schema, value).issues.map(
      ({ path, key, message, expected }) =>
        `${[...path, ...(key === undefined ? [] : [key])].join('/')} ${message}: ${expected}`,
    )
  const joined = Type.Intersect([Type.Object({ a: Type.Integer() }), Type.Object({ b: Type.Integer({ default: 2 }) })])

  test('maps joined from parts are closed as a whole, and get the defaults of each part', () => {
    expect(checkOptions(joined as unknown as Schema, { a: 1 })).toEqual({ value: { a: 1, b: 2 }, issues: [] })
    expect(problems(joined, { a: 1, c: 3 })).toEqual(['c is not known: a, b'])
    expect(problems(joined, { a: 'x' })).toEqual(['a has the wrong type: a whole number'])
  })

  test('a map that does not say so is closed; one that says it is open is open', () => {
    expect(problems({ type: 'object', properties: { a: {} } }, { b: 1 })).toEqual(['b is not known: a'])
    expect(problems({ type: 'object', properties: { a: {} }, additionalProperties: true }, { b: 1 })).toEqual([])
    expect(problems({ type: 'object' }, { b: 1 })).toEqual([])
  })

  test.for<[string, object, Json, string[]]>([
    [
      '$ref',
      { properties: { a: { $ref: '#/$defs/p' } }, $defs: { p: { type: 'integer', minimum: 1 } } },
      { a: 0 },
      ['a is too small: a whole number ≥ 1'],
    ],
    ['not', { properties: { a: { not: { type: 'string' } } } }, { a: 's' }, ['a is not allowed: anything but a text']],
    [
      'if, then',
      { properties: { a: { if: { type: 'integer' }, then: { minimum: 3 } } } },
      { a: 1 },
      ['a must match "then" schema: a value'],
    ],
    [
      'format',
      { properties: { a: { type: 'string', format: 'date' } } },
      { a: 'x' },
      ['a does not have the form asked for: text in date form'],
    ],
    [
      'oneOf, twice',
      { properties: { a: { oneOf: [{ type: 'integer' }, { type: 'number' }] } } },
      { a: 1 },
      ['a fits more than one of the forms allowed: a whole number or a number'],
    ],
    [
      'the branch of a union that was meant',
      {
        properties: {
          a: {
            anyOf: [
              { type: 'integer' },
              { type: 'object', properties: { low: { type: 'number' } }, required: ['low'] },
            ],
          },
        },
      },
      { a: { low: 'x' } },
      ['a/low has the wrong type: a number'],
    ],
    ['false as a schema', { properties: { a: false } }, { a: 1 }, ['a schema is false: a value']],
  ])('%s is checked', ([, given, value, expected]) => {
    expect(problems({ type: 'object', ...given }, value)).toEqual(expected)
  })

  test('a million wrong items are not a million errors', () => {
    const schema = { type: 'array', items: { type: 'integer' } }
    const items = (length: number): string[] => Array.from({ length }, () => 'x')
    expect(problems(schema, items(4000))).toHaveLength(1000)
    expect(problems(schema, items(1e5))).toHaveLength(1)
  })
})

test('the bundle of TypeBox is what its script makes of the installed version', () => {
  const dir = join(import.meta.dirname, '..', '..')
  const made = execFileSync(process.execPath, [join(dir, 'scripts', 'bundle-typebox.mjs'), '--print'], {
    encoding: 'utf8',
  })
  expect(readFileSync(join(dir, 'vendor', 'typebox.js'), 'utf8') === made).toBe(true)
})

test('content options are found and replaced', () => {
  const content = {
    type: 'object',
    properties: {
      path: { type: 'string', 'x-etsef-content': 'path' },
      more: { type: 'array', items: { type: 'string', 'x-etsef-content': 'path' } },
      named: { type: 'object', additionalProperties: { $ref: '#/$defs/path' } },
    },
    $defs: { path: { anyOf: [{ type: 'string', 'x-etsef-content': 'path' }, { type: 'null' }] } },
  }
  const value = { path: 'a', more: ['b', 'c'], named: { x: 'd', y: null } }
  expect(contentOptions(content, value)).toEqual([
    { path: ['path'], text: 'a' },
    { path: ['more', '0'], text: 'b' },
    { path: ['more', '1'], text: 'c' },
    { path: ['named', 'x'], text: 'd' },
  ])
  expect(replaceAt(value, ['more', '1'], 'x')).toEqual({ ...value, more: ['b', 'x'] })
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
