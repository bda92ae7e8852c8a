import { contentKeyword } from '../options.js'
import { isSchema, type Schema } from './schema.js'

/** A schema in a few words: `a whole number ≥ 1`, `"hard" or "soft"`, `a list, each a text`. */
export function describeSchema(schema: Schema): string {
  const branches = schema['anyOf'] ?? schema['oneOf']
  if (Array.isArray(branches)) return branches.filter(isSchema).map(describeSchema).join(' or ')
  if (Array.isArray(schema['allOf'])) return schema['allOf'].filter(isSchema).map(describeSchema).join(' and ')
  if ('const' in schema) return JSON.stringify(schema['const'])
  if (Array.isArray(schema['enum'])) return schema['enum'].map((each) => JSON.stringify(each)).join(', ')
  if (isSchema(schema['not'])) return `anything but ${describeSchema(schema['not'])}`
  if (schema[contentKeyword] !== undefined) return 'the path of a file or folder'
  const bounds = describeBounds(schema)
  const type = schema['type']
  if (type === 'array') return isSchema(schema['items']) ? `a list, each ${describeSchema(schema['items'])}` : 'a list'
  const name =
    typeof type === 'string' ? (typeNames[type] ?? type) : Array.isArray(type) ? type.join(' or ') : 'a value'
  return bounds === '' ? name : `${name} ${bounds}`
}

const typeNames: Readonly<Record<string, string>> = {
  integer: 'a whole number',
  number: 'a number',
  string: 'a text',
  boolean: 'true or false',
  object: 'a map',
  null: 'null',
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
