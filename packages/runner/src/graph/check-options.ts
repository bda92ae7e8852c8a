import { contentKeyword, type Json, type JsonObject } from '@etsef/plugin-api'

/** A JSON Schema, as plain data. */
export type Schema = { readonly [key: string]: unknown }

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

/** What {@link checkOptions} finds. */
export interface CheckedOptions {
  /** The value with every default filled in. */
  readonly value: Json
  readonly issues: readonly OptionIssue[]
}

/**
 * Options with defaults filled in, checked against a JSON Schema; every mistake, not only the first.
 *
 * Reads the keywords that plugins' schemas use (the applicators, number and length bounds, pattern, enum, const). Objects are strict:
 * a key that the schema does not know is a mistake unless `additionalProperties` says otherwise.
 */
export function checkOptions(schema: Schema, value: Json): CheckedOptions {
  const issues: OptionIssue[] = []
  const filled = check(schema, value, [], issues)
  return { value: filled, issues }
}

function check(schema: Schema, value: Json, path: readonly string[], issues: OptionIssue[]): Json {
  for (const keyword of ['anyOf', 'oneOf'] as const) {
    const branches = schema[keyword]
    if (Array.isArray(branches)) return checkBranches(schema, branches as Schema[], value, path, issues)
  }
  if (Array.isArray(schema['allOf'])) {
    return (schema['allOf'] as Schema[]).reduce((current, branch) => check(branch, current, path, issues), value)
  }
  if ('const' in schema && !isEqual(schema['const'], value)) {
    issues.push(wrong('value', path, 'is not the value allowed here', JSON.stringify(schema['const'])))
    return value
  }
  if (Array.isArray(schema['enum']) && !schema['enum'].some((each) => isEqual(each, value))) {
    const names = schema['enum'].filter((each) => typeof each === 'string')
    issues.push({
      ...wrong(
        'value',
        path,
        'is not one of the values allowed',
        schema['enum'].map((each) => JSON.stringify(each)).join(', '),
      ),
      candidates: names,
    })
    return value
  }
  if (schema['type'] !== undefined && !hasType(schema['type'], value)) {
    issues.push(wrong('type', path, 'has the wrong type', describeSchema(schema)))
    return value
  }
  if (typeof value === 'number') checkNumber(schema, value, path, issues)
  if (typeof value === 'string') checkText(schema, value, path, issues)
  if (Array.isArray(value)) return checkList(schema, value as readonly Json[], path, issues)
  if (value !== null && typeof value === 'object') return checkMap(schema, value as JsonObject, path, issues)
  return value
}

function checkBranches(
  schema: Schema,
  branches: readonly Schema[],
  value: Json,
  path: readonly string[],
  issues: OptionIssue[],
): Json {
  const tried = branches.map((branch) => {
    const found: OptionIssue[] = []
    return { branch, found, value: check(branch, value, path, found) }
  })
  const fitting = tried.find((each) => each.found.length === 0)
  if (fitting) return fitting.value
  const literals = branches.map((branch) => branch['const']).filter((each) => each !== undefined)
  if (literals.length === branches.length) {
    const candidates = literals.filter((each) => typeof each === 'string')
    issues.push({
      ...wrong(
        'value',
        path,
        'is not one of the values allowed',
        literals.map((each) => JSON.stringify(each)).join(', '),
      ),
      candidates,
    })
    return value
  }
  const close = tried.filter(
    (each) =>
      !each.found.some(
        (issue) => (issue.kind === 'type' || issue.kind === 'value') && issue.path.length === path.length,
      ),
  )
  if (close.length === 1) {
    issues.push(...close[0]!.found)
    return close[0]!.value
  }
  const kind = tried.every((each) => each.found[0]?.kind === 'type') ? 'type' : 'value'
  issues.push(
    wrong(
      kind,
      path,
      kind === 'type' ? 'has the wrong type' : 'fits none of the forms allowed',
      describeSchema(schema),
    ),
  )
  return value
}

function checkNumber(schema: Schema, value: number, path: readonly string[], issues: OptionIssue[]): void {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema
  const below =
    (typeof minimum === 'number' && value < minimum) ||
    (typeof exclusiveMinimum === 'number' && value <= exclusiveMinimum)
  const above =
    (typeof maximum === 'number' && value > maximum) ||
    (typeof exclusiveMaximum === 'number' && value >= exclusiveMaximum)
  if (below || above) issues.push(wrong('value', path, below ? 'is too small' : 'is too large', describeSchema(schema)))
  if (typeof multipleOf === 'number' && Math.abs(value / multipleOf - Math.round(value / multipleOf)) > 1e-9) {
    issues.push(wrong('value', path, `is not a multiple of ${String(multipleOf)}`, describeSchema(schema)))
  }
}

function checkText(schema: Schema, value: string, path: readonly string[], issues: OptionIssue[]): void {
  const { minLength, maxLength, pattern } = schema
  if (typeof minLength === 'number' && value.length < minLength)
    issues.push(
      wrong('value', path, value === '' ? 'is empty' : 'is too short', `at least ${String(minLength)} characters`),
    )
  if (typeof maxLength === 'number' && value.length > maxLength)
    issues.push(wrong('value', path, 'is too long', `at most ${String(maxLength)} characters`))
  if (typeof pattern === 'string' && !new RegExp(pattern, 'u').test(value))
    issues.push(wrong('value', path, 'does not have the form asked for', `text like /${pattern}/`))
}

function checkList(schema: Schema, value: readonly Json[], path: readonly string[], issues: OptionIssue[]): Json {
  const { minItems, maxItems, uniqueItems, items, prefixItems } = schema
  if (typeof minItems === 'number' && value.length < minItems)
    issues.push(wrong('value', path, 'has too few items', `at least ${String(minItems)} items`))
  if (typeof maxItems === 'number' && value.length > maxItems)
    issues.push(wrong('value', path, 'has too many items', `at most ${String(maxItems)} items`))
  if (uniqueItems === true) {
    const twice = value.find((item, index) => value.findIndex((other) => isEqual(other, item)) !== index)
    if (twice !== undefined)
      issues.push(wrong('value', path, `holds ${JSON.stringify(twice)} twice`, 'different items'))
  }
  const tuple = Array.isArray(prefixItems) ? prefixItems : Array.isArray(items) ? items : undefined
  return value.map((item, index) => {
    const itemSchema: unknown = tuple?.[index] ?? (Array.isArray(items) ? undefined : items)
    return isSchema(itemSchema) ? check(itemSchema, item, [...path, String(index)], issues) : item
  })
}

function checkMap(schema: Schema, value: JsonObject, path: readonly string[], issues: OptionIssue[]): Json {
  const properties = isSchema(schema['properties']) ? (schema['properties'] as Readonly<Record<string, Schema>>) : {}
  const patterns = isSchema(schema['patternProperties']) ? Object.entries(schema['patternProperties']) : []
  const additional =
    schema['additionalProperties'] ?? (Object.keys(properties).length === 0 && !('properties' in schema))
  const filled: Record<string, Json> = {}
  for (const [key, entry] of Object.entries(value)) {
    const own = Object.hasOwn(properties, key)
      ? properties[key]
      : patterns.find(([pattern]) => new RegExp(pattern, 'u').test(key))?.[1]
    const entrySchema: unknown = own ?? additional
    if (isSchema(entrySchema)) filled[key] = check(entrySchema, entry, [...path, key], issues)
    else if (entrySchema === true) filled[key] = entry
    else {
      const names = Object.keys(properties)
      issues.push({
        kind: 'unknown',
        path,
        key,
        message: `is not known`,
        expected: names.length > 0 ? names.join(', ') : 'no options',
        candidates: names,
      })
    }
  }
  const required = Array.isArray(schema['required']) ? (schema['required'] as string[]) : []
  for (const [key, property] of Object.entries(properties)) {
    if (Object.hasOwn(value, key)) continue
    if ('default' in property)
      filled[key] = check(property, structuredClone(property['default']) as Json, [...path, key], issues)
    else if (required.includes(key))
      issues.push({ kind: 'missing', path, key, message: 'is missing', expected: describeSchema(property) })
  }
  return filled
}

function wrong(kind: 'type' | 'value', path: readonly string[], message: string, expected: string): OptionIssue {
  return { kind, path, message, expected }
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function hasType(type: unknown, value: Json): boolean {
  if (Array.isArray(type)) return type.some((each) => hasType(each, value))
  if (type === 'integer') return typeof value === 'number' && Number.isInteger(value)
  if (type === 'null') return value === null
  if (type === 'array') return Array.isArray(value)
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value)
  return typeof value === type
}

function isEqual(a: unknown, b: unknown): boolean {
  return a === b || (typeof a === 'object' && JSON.stringify(a) === JSON.stringify(b))
}

/** A schema in a few words: `a whole number ≥ 1`, `"hard" or "soft"`, `a list of text`. */
export function describeSchema(schema: Schema): string {
  const branches = schema['anyOf'] ?? schema['oneOf']
  if (Array.isArray(branches)) return (branches as Schema[]).map(describeSchema).join(' or ')
  if ('const' in schema) return JSON.stringify(schema['const'])
  if (Array.isArray(schema['enum'])) return schema['enum'].map((each) => JSON.stringify(each)).join(', ')
  if (schema[contentKeyword] !== undefined) return 'the path of a file or folder'
  const bounds = describeBounds(schema)
  const names: Readonly<Record<string, string>> = {
    integer: 'a whole number',
    number: 'a number',
    string: 'a text',
    boolean: 'true or false',
    object: 'a map',
    null: 'null',
  }
  const type = schema['type']
  if (type === 'array') return isSchema(schema['items']) ? `a list, each ${describeSchema(schema['items'])}` : 'a list'
  const name = typeof type === 'string' ? (names[type] ?? type) : Array.isArray(type) ? type.join(' or ') : 'a value'
  return bounds === '' ? name : `${name} ${bounds}`
}

function describeBounds(schema: Schema): string {
  const bound = (keyword: string, sign: string): string[] =>
    typeof schema[keyword] === 'number' ? [`${sign} ${String(schema[keyword])}`] : []
  return [
    ...bound('minimum', '≥'),
    ...bound('exclusiveMinimum', '>'),
    ...bound('maximum', '≤'),
    ...bound('exclusiveMaximum', '<'),
  ].join(' and ')
}

/** Paths of the options that are content (see `contentPath` of the contract), with the text at each. */
export function contentOptions(
  schema: Schema,
  value: Json,
  path: readonly string[] = [],
): { readonly path: readonly string[]; readonly text: string }[] {
  if (schema[contentKeyword] !== undefined) return typeof value === 'string' ? [{ path, text: value }] : []
  const branches = schema['anyOf'] ?? schema['oneOf'] ?? schema['allOf']
  const inBranches = Array.isArray(branches)
    ? (branches as Schema[]).flatMap((branch) => contentOptions(branch, value, path))
    : []
  if (Array.isArray(value)) {
    const items = schema['items']
    const inItems = isSchema(items)
      ? (value as readonly Json[]).flatMap((item, index) => contentOptions(items, item, [...path, String(index)]))
      : []
    return [...inBranches, ...inItems]
  }
  if (typeof value !== 'object' || value === null || !isSchema(schema['properties'])) return inBranches
  const properties = schema['properties'] as Readonly<Record<string, Schema>>
  const inside = Object.entries(value).flatMap(([key, entry]) => {
    const property = Object.hasOwn(properties, key) ? properties[key] : undefined
    return property ? contentOptions(property, entry, [...path, key]) : []
  })
  return [...inBranches, ...inside]
}

/** The value with the text at each path replaced. */
export function replaceAt(value: Json, path: readonly string[], text: Json): Json {
  const [step, ...rest] = path
  if (step === undefined) return text
  if (Array.isArray(value))
    return (value as readonly Json[]).map((item, index) =>
      String(index) === step ? replaceAt(item, rest, text) : item,
    )
  if (typeof value !== 'object' || value === null) return value
  const map = value as JsonObject
  return { ...map, [step]: replaceAt(map[step] ?? null, rest, text) }
}
