import { Errors, Settings } from '#typebox'
import type { Json } from '../json.js'
import { describeSchema } from './describe-schema.js'
import { fillDefaults } from './fill-defaults.js'
import { isSchema, pointerSteps, schemaAt, type Schema } from './schema.js'
import { strictSchema } from './strict-schema.js'

/** A mistake in options: `path` leads to the value, or to the map that lacks or has a key. */
export interface OptionIssue {
  readonly kind: 'unknown' | 'missing' | 'type' | 'value'
  readonly path: readonly string[]
  /** The key concerned, for unknown and missing keys. */
  readonly key?: string
  readonly message: string
  readonly expected: string
  /** Names that exist where an unknown one was written. */
  readonly candidates?: readonly string[]
}

/** More than a person reads; a list of a million wrong items must not become a million errors. */
const maxErrors = 1000

/** Values of one operation's options: TypeBox's time for wrong items grows with their square. */
const maxValues = 5000

/** What {@link checkOptions} finds. */
export interface CheckedOptions {
  /** The value with every default filled in. */
  readonly value: Json
  readonly issues: readonly OptionIssue[]
}

/**
 * Options with defaults filled in, checked against a JSON Schema by TypeBox; every mistake, not only the first, in our words.
 *
 * Maps are strict: a key that the schema does not know is a mistake unless it says otherwise (`strictSchema`).
 */
export function checkOptions(schema: Schema, value: Json): CheckedOptions {
  const long = tooLong(value)
  if (long) return { value, issues: [long] }
  const strict = strictSchema(schema)
  const filled = fillDefaults(strict, value)
  Settings.Set({ maxErrors })
  const found = Errors(strict, filled) as readonly SchemaError[]
  const issues = found.length === 0 ? [] : explain(found, { schema: strict, value: filled })
  // What is missing comes last: where a key is mistyped, the typing error says more.
  return {
    value: filled,
    issues: issues.toSorted((a, b) => Number(a.kind === 'missing') - Number(b.kind === 'missing')),
  }
}

/** What is wrong when options hold more values than are checked: said of the one that holds most. */
function tooLong(options: Json): OptionIssue | undefined {
  if (options === null || typeof options !== 'object' || countValues(options) <= maxValues) return undefined
  const counts = Object.entries(options).map(([name, value]) => ({ name, count: countValues(value) }))
  const most = counts.reduce((a, b) => (b.count > a.count ? b : a))
  return {
    kind: 'value',
    path: [most.name],
    message: `holds ${String(most.count)} values`,
    expected: `at most ${String(maxValues)} values in all options of a node`,
  }
}

function countValues(value: Json): number {
  if (value === null || typeof value !== 'object') return 1
  return Object.values(value).reduce<number>((sum, each) => sum + countValues(each), 1)
}

/** An error as TypeBox gives it: `schemaPath` leads to the schema that has the keyword, `instancePath` to the value. */
interface SchemaError {
  readonly keyword: string
  readonly schemaPath: string
  readonly instancePath: string
  readonly params: Readonly<Record<string, unknown>>
  readonly message: string
}

/** What errors are about. */
interface Subject {
  readonly schema: Schema
  readonly value: Json
}

/** Keywords that only say that something below them, or beside them, failed. */
const consequences = new Set(['boolean', 'allOf', 'if'])

/** The mistakes behind TypeBox's errors: each union is explained once, as a whole. */
function explain(errors: readonly SchemaError[], subject: Subject): readonly OptionIssue[] {
  const unions = errors.filter(({ keyword }) => keyword === 'anyOf' || keyword === 'oneOf')
  const outermost = unions.filter((union) => !unions.some((other) => other !== union && isBelow(union, other)))
  const free = errors.filter((error) => !unions.includes(error) && !outermost.some((union) => isBelow(error, union)))
  const told = free.filter(({ keyword }) => !consequences.has(keyword)).flatMap((error) => issuesOf(error, subject))
  const issues = [
    ...told,
    ...outermost.flatMap((union) =>
      explainUnion(
        union,
        errors.filter((error) => isBelow(error, union)),
        subject,
      ),
    ),
  ]
  if (issues.length > 0) return issues
  // Only a consequence is left: `false` as a schema, or an `if` whose branch says no more.
  return free.slice(0, 1).map((error) => valueIssue(error, subject, error.message))
}

function isBelow(error: SchemaError, union: SchemaError): boolean {
  return (
    error.schemaPath.startsWith(`${union.schemaPath}/${union.keyword}/`) &&
    (error.instancePath === union.instancePath || error.instancePath.startsWith(`${union.instancePath}/`))
  )
}

/** The mistakes of the one branch that was meant, where that can be told; else what the branches allow. */
function explainUnion(union: SchemaError, below: readonly SchemaError[], subject: Subject): readonly OptionIssue[] {
  const path = pointerSteps(union.instancePath)
  const own = schemaAt(subject.schema, union.schemaPath) ?? {}
  if (Array.isArray(union.params['passingSchemas']) && union.params['passingSchemas'].length > 1)
    return [valueIssue(union, subject, 'fits more than one of the forms allowed')]
  const branches = (own[union.keyword] as readonly unknown[]).filter(isSchema)
  const values = branches.map(valuesOf)
  if (values.every((each) => each !== undefined)) return [notAllowed(path, values.flat())]
  const tried = branches.map((_, index) => {
    const prefix = `${union.schemaPath}/${union.keyword}/${String(index)}`
    return explain(
      below.filter(({ schemaPath }) => schemaPath === prefix || schemaPath.startsWith(`${prefix}/`)),
      subject,
    )
  })
  const close = tried.filter(
    (issues) =>
      issues.length > 0 &&
      !issues.some(({ kind, path: at }) => (kind === 'type' || kind === 'value') && at.length === path.length),
  )
  if (close.length === 1) return close[0]!
  const isType = tried.every((issues) => issues[0]?.kind === 'type')
  return [
    {
      kind: isType ? 'type' : 'value',
      path,
      message: isType ? 'has the wrong type' : 'fits none of the forms allowed',
      expected: describeSchema(own),
    },
  ]
}

function issuesOf(error: SchemaError, subject: Subject): readonly OptionIssue[] {
  const { keyword, params } = error
  const path = pointerSteps(error.instancePath)
  const own = schemaAt(subject.schema, error.schemaPath) ?? {}
  switch (keyword) {
    case 'additionalProperties':
    case 'unevaluatedProperties': {
      const names = propertyNames(own)
      // A known property with a wrong value counts as not evaluated, too; its own error says what is wrong.
      const unknown = (params[keyword] as readonly string[]).filter((key) => !names.includes(key))
      return unknown.map((key) => ({
        kind: 'unknown',
        path,
        key,
        message: 'is not known',
        expected: names.length > 0 ? names.join(', ') : 'no options',
        candidates: names,
      }))
    }
    case 'required':
      return (params['requiredProperties'] as readonly string[]).flatMap((key): OptionIssue[] => {
        const property = propertyOf(own, key)
        // A default is filled in where the branch of a union fits, which this one does not.
        if (property && 'default' in property) return []
        return [{ kind: 'missing', path, key, message: 'is missing', expected: describeSchema(property ?? {}) }]
      })
    case 'type':
      return [{ kind: 'type', path, message: 'has the wrong type', expected: describeSchema(own) }]
    case 'enum':
      return [notAllowed(path, own['enum'] as readonly unknown[])]
    case 'const':
      return [valueIssue(error, subject, 'is not the value allowed here')]
    case 'minimum':
    case 'exclusiveMinimum':
      return [valueIssue(error, subject, 'is too small')]
    case 'maximum':
    case 'exclusiveMaximum':
      return [valueIssue(error, subject, 'is too large')]
    case 'multipleOf':
      return [valueIssue(error, subject, `is not a multiple of ${String(params['multipleOf'])}`)]
    case 'minLength':
      return [
        valueIssue(
          error,
          subject,
          valueAt(subject.value, path) === '' ? 'is empty' : 'is too short',
          `at least ${String(params['limit'])} characters`,
        ),
      ]
    case 'maxLength':
      return [valueIssue(error, subject, 'is too long', `at most ${String(params['limit'])} characters`)]
    case 'pattern':
      return [
        valueIssue(error, subject, 'does not have the form asked for', `text like /${String(params['pattern'])}/`),
      ]
    case 'minItems':
      return [valueIssue(error, subject, 'has too few items', `at least ${String(params['limit'])} items`)]
    case 'maxItems':
      return [valueIssue(error, subject, 'has too many items', `at most ${String(params['limit'])} items`)]
    case 'uniqueItems':
      return [valueIssue(error, subject, `holds ${doubledItem(valueAt(subject.value, path))} twice`, 'different items')]
    case 'not':
      return [valueIssue(error, subject, 'is not allowed')]
    case 'format':
      return [
        valueIssue(error, subject, 'does not have the form asked for', `text in ${String(params['format'])} form`),
      ]
    default:
      return [valueIssue(error, subject, error.message)]
  }
}

function valueIssue(error: SchemaError, subject: Subject, message: string, expected?: string): OptionIssue {
  const own = schemaAt(subject.schema, error.schemaPath) ?? {}
  return { kind: 'value', path: pointerSteps(error.instancePath), message, expected: expected ?? describeSchema(own) }
}

/** The values of a schema that lists them; undefined where it does not. */
function valuesOf(schema: Schema): readonly unknown[] | undefined {
  if ('const' in schema) return [schema['const']]
  if (schema['type'] === 'null') return [null]
  return Array.isArray(schema['enum']) ? schema['enum'] : undefined
}

function notAllowed(path: readonly string[], values: readonly unknown[]): OptionIssue {
  return {
    kind: 'value',
    path,
    message: 'is not one of the values allowed',
    expected: values.map((each) => JSON.stringify(each)).join(', '),
    candidates: values.filter((each) => typeof each === 'string'),
  }
}

/** Names of the properties of a schema, those of its parts too. */
function propertyNames(schema: Schema): readonly string[] {
  const own = isSchema(schema['properties']) ? Object.keys(schema['properties']) : []
  const parts = Array.isArray(schema['allOf']) ? schema['allOf'].filter(isSchema).flatMap(propertyNames) : []
  return [...new Set([...own, ...parts])]
}

function propertyOf(schema: Schema, key: string): Schema | undefined {
  const properties = schema['properties']
  const own = isSchema(properties) ? properties[key] : undefined
  return isSchema(own) ? own : undefined
}

function valueAt(value: Json, path: readonly string[]): unknown {
  return path.reduce<unknown>((at, step) => (at as Readonly<Record<string, unknown>> | undefined)?.[step], value)
}

function doubledItem(list: unknown): string {
  const items = (Array.isArray(list) ? list : []).map((item) => JSON.stringify(item))
  return items.find((item, index) => items.indexOf(item) !== index) ?? 'an item'
}
