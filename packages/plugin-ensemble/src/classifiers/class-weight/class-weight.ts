import { PipelineError } from '@etsef/plugin-api'
import type { Labels } from '@etsef/plugin-api/models'

/** `balanced` gives every class the same total weight; a weight by class name leaves the other classes at 1. */
export type ClassWeight = 'none' | 'balanced' | Readonly<Record<string, number>>

/**
 * What a row of each class counts, in the order of the class list.
 *
 * @param classNames - The class list; read for weights by name only.
 * @returns `[numClasses]`; 1 for classes without rows.
 * @throws PipelineError `ERR_BAD_OPTION` for a name that is no class, or a weight that is not above 0.
 * @see scikit-learn 1.9 `class_weight`.
 */
export function resolveClassWeight(weight: ClassWeight, y: Labels, classNames: readonly string[] = []): Float64Array {
  const weights = new Float64Array(y.numClasses).fill(1)
  if (weight === 'none') return weights
  if (weight === 'balanced') {
    const counts = new Float64Array(y.numClasses)
    for (const label of y.labels) counts[label]!++
    const numPresent = counts.filter((count) => count > 0).length
    return weights.map((one, k) => (counts[k]! > 0 ? y.labels.length / (numPresent * counts[k]!) : one))
  }
  for (const [name, value] of Object.entries(weight)) {
    const k = classNames.indexOf(name)
    if (k < 0 || !(value > 0 && value < Infinity)) {
      throw new PipelineError('ERR_BAD_OPTION', {
        message:
          k < 0 ? `classWeight: there is no class "${name}"` : `classWeight: the weight of "${name}" is ${value}`,
        expected: k < 0 ? classNames.join(', ') : 'a number above 0',
        received: k < 0 ? name : String(value),
      })
    }
    weights[k] = value
  }
  return weights
}
