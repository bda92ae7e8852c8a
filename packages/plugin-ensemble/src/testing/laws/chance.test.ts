import type { FeatureBatch, Operation } from '@etsef/plugin-api'
import { someFeatures } from '@etsef/plugin-api/testing'
import { describe, expect, test } from 'vitest'
import { classifiers } from '../../classifiers/classifiers.js'
import { selectors } from '../../selectors/selectors.js'
import { projections } from '../../projections/projections.js'
import { chanceTrial } from '../chance-trial.js'
import { binomialCdf, holmAdjusted } from '../multiple-tests.js'

const numPermutations = 20

/** Small settings; the rest of the options keep their defaults. */
const small: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'ensemble/xgboost': { rounds: 3, maxDepth: 3 },
  'ensemble/random-forest': { trees: 8 },
  'ensemble/select-tree-importance': { trees: 8 },
  'ensemble/select-boruta': { rounds: 5, trees: 4 },
  'ensemble/select-stability': { rounds: 3 },
  'ensemble/select-l1': { C: 0.1 },
  'ensemble/select-rfe': { step: 0.5 },
}

function optionsOf(operation: Operation): Readonly<Record<string, unknown>> {
  const schema = operation.options as { properties?: Record<string, unknown> }
  const width = schema.properties?.['components'] === undefined ? {} : { components: 6 }
  return { ...width, ...small[operation.type] }
}

/** Groups of two rows; three train groups to two test groups. Values are ≥ 0 for χ². */
function someTable(numFeatures: number): FeatureBatch {
  const table = someFeatures({ numSamples: 80, numClasses: 2, numFeatures, separation: 0, seed: 1 })
  const groupOf = (row: number): number => 2 * Math.floor(row / 4) + (row % 2)
  return {
    ...table,
    features: table.features.map(Math.abs),
    groups: table.ids.map((_, row) => `patient-${String(groupOf(row))}`),
    partitions: table.ids.map((_, row) => (Math.floor(groupOf(row) / 2) % 5 < 3 ? 'train' : 'test')),
  }
}

const allSelectors = [...selectors, ...projections]

/** How many of the permutations fall inside the 95 % band, for each classifier. */
async function countInside(
  selector: Operation,
  numFeatures: number,
  more: { readonly classifiers?: readonly Operation[]; readonly fitSelectorOnTest?: boolean } = {},
): Promise<readonly number[]> {
  const tried = more.classifiers ?? classifiers
  const inside = tried.map(() => 0)
  for (let permutation = 1; permutation <= numPermutations; permutation++) {
    const results = await chanceTrial({
      table: someTable(numFeatures),
      selector,
      classifiers: tried,
      optionsOf,
      seed: `${selector.type}/${String(permutation)}`,
      deals: 199,
      ...(more.fitSelectorOnTest && { fitSelectorOnTest: true }),
    })
    results.forEach(({ p }, c) => {
      if (p > 0.05) inside[c]!++
    })
  }
  return inside
}

/** P(X ≤ inside) where every permutation is inside with probability 0.95. */
const pOf = (inside: number): number => binomialCdf(inside, numPermutations, 0.95)

describe('chance in, chance out', () => {
  test('every selector × every classifier: 20 permuted labellings in the 95 % band, but for what chance leaves outside', async () => {
    const names: string[] = []
    const inside: number[] = []
    for (const selector of allSelectors) {
      const counts = await countInside(selector, 30)
      counts.forEach((count, c) => {
        names.push(`${selector.type}, then ${classifiers[c]!.type}: ${String(count)} of ${String(numPermutations)}`)
        inside.push(count)
      })
    }
    const adjusted = holmAdjusted(inside.map(pOf))
    expect(names.filter((_, i) => adjusted[i]! < 0.05)).toEqual([])
    const share = inside.filter((count) => count >= 18).length / inside.length
    expect(share).toBeGreaterThanOrEqual(1 - binomialCdf(17, numPermutations, 0.95))
  }, 300_000)

  // With many columns and few rows a selector that has seen the test rows finds columns that fit them by chance.
  test.each(['ensemble/select-anova', 'ensemble/select-mrmr', 'ensemble/select-rfe'])(
    '%s fitted on the test rows too would be found',
    async (type) => {
      const selector = allSelectors.find((operation) => operation.type === type)!
      const naiveBayes = classifiers.filter((operation) => operation.type === 'ensemble/naive-bayes')
      const [leaky] = await countInside(selector, 300, { classifiers: naiveBayes, fitSelectorOnTest: true })
      const [honest] = await countInside(selector, 300, { classifiers: naiveBayes })
      expect(allSelectors.length * classifiers.length * pOf(leaky!)).toBeLessThan(0.05)
      expect(pOf(honest!)).toBeGreaterThan(0.05)
    },
  )
})
