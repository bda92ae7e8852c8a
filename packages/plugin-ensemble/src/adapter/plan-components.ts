import { Type, type OutputSpecs, type PlanArguments } from '@etsef/plugin-api'
import type { featureInputs, transformerOutputs } from './ports.js'

/** Option of every selector that keeps a given number of columns: the word of the projections, so that one is swapped for the other by one word. */
export const componentsOption = Type.Integer({
  minimum: 1,
  default: 50,
  description: 'Columns kept; at most those there are',
})

/** Predicts the kept columns; reports a number above that of the columns. */
export function planComponents({
  options: { components },
  inputs,
  issue,
}: PlanArguments<{ components: number }, typeof featureInputs>): OutputSpecs<typeof transformerOutputs> {
  const { numFeatures } = inputs.features
  if (numFeatures !== undefined && components > numFeatures) {
    issue('components', `cannot keep ${components} of ${numFeatures} columns`, {
      expected: `1 … ${numFeatures}`,
      received: String(components),
      hint: `set components to ${numFeatures} or less`,
    })
  }
  return { features: { numFeatures: components } }
}
