import { isSchema, type Schema } from './schema.js'

const known = new WeakMap<Schema, Schema>()

/**
 * The schema with every map closed: a key that it does not name is a mistake, unless it says otherwise by `additionalProperties` or
 * `unevaluatedProperties`. JSON Schema is open by default, which would pass a mistyped option in silence.
 *
 * Maps that are put together from parts (`allOf`, as TypeBox's `Intersect` gives) are closed as a whole.
 */
export function strictSchema(schema: Schema): Schema {
  let strict = known.get(schema)
  if (!strict) {
    strict = close(schema, true)
    known.set(schema, strict)
  }
  return strict
}

const maps = ['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas'] as const
const lists = ['anyOf', 'oneOf', 'prefixItems', 'items'] as const
const singles = ['items', 'additionalProperties', 'contains'] as const

function close(schema: Schema, isWhole: boolean): Schema {
  const closed: Record<string, unknown> = { ...schema }
  for (const keyword of maps) {
    const map = schema[keyword]
    if (isSchema(map))
      closed[keyword] = Object.fromEntries(Object.entries(map).map(([key, each]) => [key, closeAny(each, true)]))
  }
  const isJoined = ['allOf', 'if', 'dependentSchemas', '$ref'].some((keyword) => keyword in schema)
  for (const keyword of lists) {
    const list = schema[keyword]
    // Branches beside `properties` describe parts of one map.
    const areWhole = keyword === 'prefixItems' || keyword === 'items' || (isWhole && !('properties' in schema))
    if (Array.isArray(list)) closed[keyword] = list.map((each) => closeAny(each, areWhole))
  }
  for (const keyword of singles) if (isSchema(schema[keyword])) closed[keyword] = closeAny(schema[keyword], true)
  if (Array.isArray(schema['allOf'])) closed['allOf'] = schema['allOf'].map((each) => closeAny(each, false))
  const isOpen = !('additionalProperties' in schema || 'unevaluatedProperties' in schema)
  if (!isWhole || !isOpen) return closed
  if (isJoined && describesMap(schema)) closed['unevaluatedProperties'] = false
  else if ('properties' in schema)
    closed['anyOf' in schema || 'oneOf' in schema ? 'unevaluatedProperties' : 'additionalProperties'] = false
  return closed
}

function closeAny(value: unknown, isWhole: boolean): unknown {
  return isSchema(value) ? close(value, isWhole) : value
}

/** Whether the parts of a schema name properties: `allOf` may join bounds of a number as well. */
function describesMap(schema: Schema): boolean {
  if ('properties' in schema) return true
  const parts = schema['allOf']
  return Array.isArray(parts) && parts.some((part) => isSchema(part) && describesMap(part))
}
