/** A JSON Schema, as plain data. */
export type Schema = Readonly<Record<string, unknown>>

/** Whether a value is a schema of its own: `true` and `false`, which are schemas too, say nothing to describe. */
export function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Schemas that a schema applies to the same value. */
export function branchesOf(schema: Schema): readonly Schema[] {
  return ['anyOf', 'oneOf', 'allOf'].flatMap((keyword) => {
    const branches = schema[keyword]
    return Array.isArray(branches) ? branches.filter(isSchema) : []
  })
}

/** The schema that `$ref` names in `$defs` (or elsewhere) of the whole; the schema itself where it names none. */
export function resolveReference(schema: Schema, whole: Schema): Schema {
  const reference = schema['$ref']
  if (typeof reference !== 'string') return schema
  return schemaAt(whole, reference.startsWith('#') ? reference : `#/$defs/${reference}`) ?? schema
}

/** The part of a schema at a JSON pointer such as `#/properties/k`, through references. */
export function schemaAt(whole: Schema, pointer: string): Schema | undefined {
  let at: unknown = whole
  for (const step of pointer.split('/').slice(1)) {
    const key = unescapeStep(step)
    const map: unknown = isSchema(at) ? resolveReference(at, whole) : at
    if (typeof map !== 'object' || map === null || !Object.hasOwn(map, key)) return undefined
    at = (map as Record<string, unknown>)[key]
  }
  return isSchema(at) ? resolveReference(at, whole) : undefined
}

/** Steps of a JSON pointer into a value. */
export function pointerSteps(pointer: string): readonly string[] {
  return pointer.split('/').slice(1).map(unescapeStep)
}

function unescapeStep(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~')
}
