import { Type, type OutputSpecs, type PlanArguments } from '@etsef/plugin-api'
import type { featureInputs, transformerOutputs } from '../adapter/ports.js'

/** Option of every selector that keeps a given number of columns. */
export const kOption = Type.Integer({ minimum: 1, default: 50, description: 'Columns kept; at most those there are' })

/** Predicts k columns; reports a k above the number of columns. */
export function planK({
  options: { k },
  inputs,
  issue,
}: PlanArguments<{ k: number }, typeof featureInputs>): OutputSpecs<typeof transformerOutputs> {
  const { numFeatures } = inputs.features
  if (numFeatures !== undefined && k > numFeatures) {
    issue('k', `cannot keep ${k} of ${numFeatures} columns`, {
      expected: `1 … ${numFeatures}`,
      received: String(k),
      hint: `set k to ${numFeatures} or less`,
    })
  }
  return { features: { numFeatures: k } }
}
