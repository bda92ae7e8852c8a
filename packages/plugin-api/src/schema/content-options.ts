import type { Json, JsonObject } from '../json.js'
import { contentKeyword } from '../options.js'
import { branchesOf, isSchema, resolveReference, type Schema } from './schema.js'

/** A text in options that names a file or folder. */
export interface ContentOption {
  readonly path: readonly string[]
  readonly text: string
}

/** Paths of the options that are content (see `contentPath` of the contract), with the text at each. */
export function contentOptions(schema: Schema, value: Json): readonly ContentOption[] {
  const found = new Map<string, ContentOption>()
  const visit = (given: Schema, at: Json, path: readonly string[]): void => {
    const part = resolveReference(given, schema)
    if (part[contentKeyword] !== undefined) {
      if (typeof at === 'string') found.set(path.join('/'), { path, text: at })
      return
    }
    for (const branch of branchesOf(part)) visit(branch, at, path)
    if (Array.isArray(at))
      at.forEach((item: Json, index) => {
        const own = itemSchema(part, index)
        if (own) visit(own, item, [...path, String(index)])
      })
    else if (typeof at === 'object' && at !== null)
      for (const [key, entry] of Object.entries(at as JsonObject)) {
        const own = propertySchema(part, key)
        if (own) visit(own, entry, [...path, key])
      }
  }
  visit(schema, value, [])
  return [...found.values()]
}

function itemSchema(schema: Schema, index: number): Schema | undefined {
  const tuple: unknown = Array.isArray(schema['items']) ? schema['items'] : schema['prefixItems']
  const own: unknown = Array.isArray(tuple) ? tuple[index] : undefined
  if (isSchema(own)) return own
  return isSchema(schema['items']) ? schema['items'] : undefined
}

function propertySchema(schema: Schema, key: string): Schema | undefined {
  const properties = schema['properties']
  if (isSchema(properties) && Object.hasOwn(properties, key) && isSchema(properties[key])) return properties[key]
  const patterns = isSchema(schema['patternProperties']) ? Object.entries(schema['patternProperties']) : []
  const matching: unknown = patterns.find(([pattern]) => new RegExp(pattern, 'u').test(key))?.[1]
  if (isSchema(matching)) return matching
  return isSchema(schema['additionalProperties']) ? schema['additionalProperties'] : undefined
}

/** The value with the text at a path replaced. */
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
