import { Errors } from '#typebox'
import type { Json, JsonObject } from '../json.js'
import { isSchema, resolveReference, type Schema } from './schema.js'

/**
 * A copy of a value in which what is missing has the default of its schema, nested maps and lists too.
 *
 * Of a union the first branch that the filled value fits gives the defaults; where none does, nothing is filled in.
 */
export function fillDefaults(schema: Schema, value: Json): Json {
  return fill(schema, value, schema)
}

function fill(given: Schema, value: Json, whole: Schema): Json {
  const schema = resolveReference(given, whole)
  const joined = Array.isArray(schema['allOf']) ? schema['allOf'].filter(isSchema) : []
  const filled = joined.reduce<Json>((current, part) => fill(part, current, whole), fillOwn(schema, value, whole))
  for (const keyword of ['anyOf', 'oneOf'] as const) {
    const branches = schema[keyword]
    if (Array.isArray(branches)) return fillBranch(branches.filter(isSchema), filled, whole)
  }
  return filled
}

function fillOwn(schema: Schema, value: Json, whole: Schema): Json {
  if (Array.isArray(value)) return fillList(schema, value as readonly Json[], whole)
  if (value === null || typeof value !== 'object') return value
  const filled: Record<string, Json> = {}
  const properties = isSchema(schema['properties']) ? schema['properties'] : {}
  for (const [key, entry] of Object.entries(value as JsonObject)) {
    const own: unknown = Object.hasOwn(properties, key) ? properties[key] : schema['additionalProperties']
    set(filled, key, isSchema(own) ? fill(own, entry, whole) : entry)
  }
  for (const [key, property] of Object.entries(properties)) {
    if (Object.hasOwn(value, key) || !isSchema(property)) continue
    const own = resolveReference(property, whole)
    if ('default' in own) set(filled, key, fill(own, structuredClone(own['default']) as Json, whole))
  }
  return filled
}

function fillList(schema: Schema, value: readonly Json[], whole: Schema): Json {
  const { items } = schema
  const tuple: unknown = Array.isArray(items) ? items : schema['prefixItems']
  return value.map((item, index) => {
    const own: unknown = (Array.isArray(tuple) ? (tuple[index] as unknown) : undefined) ?? items
    return isSchema(own) ? fill(own, item, whole) : item
  })
}

function fillBranch(branches: readonly Schema[], value: Json, whole: Schema): Json {
  if (value === null || typeof value !== 'object') return value
  for (const branch of branches) {
    const filled = fill(branch, value, whole)
    const definitions = whole['$defs'] === undefined ? {} : { $defs: whole['$defs'] }
    if (Errors({ ...definitions, ...branch }, filled).length === 0) return filled
  }
  return value
}

/** `__proto__` is a key like any other. */
function set(map: Record<string, Json>, key: string, value: Json): void {
  Object.defineProperty(map, key, { value, enumerable: true, configurable: true, writable: true })
}
