import type { JsonObject } from '@etsef/plugin-api'
import type { Candidate } from './candidates.js'
import type { ChainOptions } from './chain.js'
import { targetOf, withDefaults } from './known-operations.js'
import type { CrossFitOptions } from './tune-options.js'

/** All options of the steps and of the classifier: defaults, then what is fixed, then what a candidate sets. */
export function chainOptions(
  { classifier, options, steps }: Omit<CrossFitOptions, 'folds'>,
  candidate: Candidate,
): ChainOptions {
  const setFor = (operation: string): Record<string, unknown> =>
    Object.fromEntries(
      Object.entries(candidate)
        .map(([key, value]) => [targetOf(classifier, key), value] as const)
        .filter(([[target]]) => target === operation)
        .map(([[, option], value]) => [option, value]),
    )
  // Values come from YAML, from schemas and from ranges of numbers; all are JSON.
  return {
    steps: steps.map(({ use, with: given }) => withDefaults(use, { ...given, ...setFor(use) }) as JsonObject),
    classifier: withDefaults(classifier, { ...options, ...setFor(classifier) }) as JsonObject,
  }
}
