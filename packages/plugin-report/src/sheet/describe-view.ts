import type { Json } from '@etsef/plugin-api'

/** What was done to a picture, in few words: numbers short, and nothing of what was left as it is. */
export function describeView(parameters: Json | undefined): string {
  if (parameters === undefined || parameters === null) return ''
  if (typeof parameters === 'string' || typeof parameters === 'boolean') return String(parameters)
  if (typeof parameters === 'number') return String(Number(parameters.toPrecision(3)))
  if (Array.isArray(parameters)) return parameters.map(describeView).filter(Boolean).join(' ')
  const { change, amount, ...others } = parameters as Readonly<Record<string, Json>>
  const named = typeof change === 'string' ? [`${change} ${describeView(amount)}`] : []
  return [...named, ...Object.entries(others).flatMap(describeEntry)].join(', ')
}

function describeEntry([name, value]: [string, Json]): string[] {
  if (value === false || value === 0 || value === null || (name === 'zoom' && value === 1)) return []
  if (value === true) return [name.replace(/^is(?=[A-Z])/, '').toLowerCase()]
  const text = describeView(value)
  return text === '' ? [] : [name === 'colour' ? text : `${name} ${text}`]
}
