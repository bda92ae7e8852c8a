import type { Operation } from '@etsef/plugin-api'
import type { Schema } from '@etsef/plugin-api/semantics'
import { classifiers } from '../classifiers/classifiers.js'
import { selectors } from '../selectors/selectors.js'
import { projections } from '../projections/projections.js'

const steps: readonly Operation[] = [...projections, ...selectors]

/** Names of the classifiers that can be cross-fitted: operation types without the plugin's name. */
export const classifierNames: readonly string[] = classifiers.map(({ type }) => shortName(type))

/** Names of the projections and selectors that can be fitted inside the folds. */
export const stepNames: readonly string[] = steps.map(({ type }) => shortName(type))

/** The operation of a short name. @throws RangeError for a name that is none. */
export function knownOperation(name: string): Operation {
  const found = [...classifiers, ...steps].find(({ type }) => shortName(type) === name)
  if (!found) throw new RangeError(`There is no operation "${name}" to fit inside folds`)
  return found
}

/** Schemas of an operation's options, by name. */
export function schemasOf(name: string): Readonly<Record<string, Schema>> {
  return (knownOperation(name).options as { properties?: Record<string, Schema> }).properties ?? {}
}

/** The options of an operation with its defaults filled in. */
export function withDefaults(name: string, options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const defaults = Object.entries(schemasOf(name)).map(([option, schema]) => [
    option,
    structuredClone(schema['default']),
  ])
  return { ...(Object.fromEntries(defaults) as Record<string, unknown>), ...options }
}

/** Whether an option is a whole number, so that ranges are drawn as such. */
export function isWhole(name: string, option: string): boolean {
  const schema = schemasOf(name)[option]
  const kinds = (schema?.['anyOf'] ?? (schema ? [schema] : [])) as readonly Schema[]
  return kinds.some(({ type }) => type === 'integer') && !kinds.some(({ type }) => type === 'number')
}

/**
 * What an entry of a search space sets: `c` an option of the classifier, `select-anova.components` one of a step.
 *
 * @returns Name of the operation and of its option.
 */
export function targetOf(classifier: string, key: string): readonly [operation: string, option: string] {
  const dot = key.indexOf('.')
  return dot === -1 ? [classifier, key] : [key.slice(0, dot), key.slice(dot + 1)]
}

function shortName(type: string): string {
  return type.slice(type.indexOf('/') + 1)
}
