/** The part of a JSON schema that options of classifiers use. */
export interface OptionSchema {
  readonly type?: string
  readonly const?: unknown
  readonly anyOf?: readonly OptionSchema[]
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly exclusiveMaximum?: number
  readonly default?: unknown
}

/** What an option must be, in words; `undefined` when the value is that. */
export function optionProblem(schema: OptionSchema, value: unknown): string | undefined {
  return isAllowed(schema, value) ? undefined : describe(schema)
}

function isAllowed(schema: OptionSchema, value: unknown): boolean {
  if (schema.anyOf) return schema.anyOf.some((option) => isAllowed(option, value))
  if ('const' in schema) return value === schema.const
  switch (schema.type) {
    case 'null':
      return value === null
    case 'boolean':
    case 'string':
      return typeof value === schema.type
    case 'integer':
    case 'number':
      return (
        typeof value === 'number' && isInRange(schema, value) && (schema.type === 'number' || Number.isInteger(value))
      )
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value)
    default:
      // Lists and objects are checked by the classifier itself.
      return true
  }
}

function isInRange(schema: OptionSchema, value: number): boolean {
  return (
    Number.isFinite(value) &&
    value >= (schema.minimum ?? -Infinity) &&
    value <= (schema.maximum ?? Infinity) &&
    value > (schema.exclusiveMinimum ?? -Infinity) &&
    value < (schema.exclusiveMaximum ?? Infinity)
  )
}

function describe(schema: OptionSchema): string {
  if (schema.anyOf) return schema.anyOf.map(describe).join(' or ')
  if ('const' in schema) return JSON.stringify(schema.const)
  const limits = [
    schema.minimum === undefined ? '' : ` ≥ ${schema.minimum}`,
    schema.exclusiveMinimum === undefined ? '' : ` > ${schema.exclusiveMinimum}`,
    schema.maximum === undefined ? '' : ` ≤ ${schema.maximum}`,
    schema.exclusiveMaximum === undefined ? '' : ` < ${schema.exclusiveMaximum}`,
  ]
  return `${schema.type ?? 'anything'}${limits.join('')}`
}
