import { createRng, type FeatureBatch, type Operation, type PredictionBatch } from '@etsef/plugin-api'
import { runOperation, someFeatures } from '@etsef/plugin-api/testing'
import { describe, expect, test } from 'vitest'
import { classifiers } from '../operations/classifiers.js'
import { packages } from '../operations/packages.js'
import { selectors } from '../operations/selectors.js'
import { transformers } from '../operations/transformers.js'

const numPermutations = 12

/** Small settings; the rest of the options keep their defaults. */
const small: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'ensemble/xgboost': { rounds: 5 },
  'ensemble/ml-xgboost': { rounds: 5 },
  'ensemble/random-forest': { trees: 10 },
  'ensemble/ml-random-forest': { trees: 5 },
  'ensemble/select-tree-importance': { trees: 10 },
  'ensemble/select-boruta': { rounds: 5, trees: 5 },
  'ensemble/select-stability': { rounds: 4 },
  'ensemble/select-l1': { c: 0.1 },
  'ensemble/select-rfe': { step: 0.5 },
}

function optionsOf(operation: Operation): Readonly<Record<string, unknown>> {
  const schema = operation.options as { properties?: Record<string, unknown> }
  const width = schema.properties?.['components'] === undefined ? {} : { components: 10 }
  return { ...width, ...small[operation.type] }
}

/** Many noise columns and few rows: what a leak through selection would profit from. Values are ≥ 0 for χ². */
function permuted(seed: number): FeatureBatch {
  const table = someFeatures({ numSamples: 100, numClasses: 2, numFeatures: 400, separation: 0, seed: 1 })
  const labels = createRng(seed, 'permutation').shuffle(Array.from(table.labels))
  return { ...table, labels: Int32Array.from(labels), features: table.features.map(Math.abs) }
}

async function testAccuracy(selector: Operation, classifier: Operation, seed: number): Promise<number> {
  const table = permuted(seed)
  const chosen = await runOperation(selector, {
    options: optionsOf(selector),
    inputs: { features: table },
    seed: String(seed),
  })
  const { features, featureNames } = chosen.outputs['features'] as FeatureBatch
  chosen.dispose()
  // The runner attaches labels again by id; here the rows come in order.
  const given = { ...table, features, featureNames }
  const fitted = await runOperation(classifier, {
    options: optionsOf(classifier),
    inputs: { features: given },
    seed: String(seed),
  })
  const { predicted } = fitted.outputs['predictions'] as PredictionBatch
  fitted.dispose()
  const test = table.partitions.flatMap((partition, i) => (partition === 'test' ? [i] : []))
  return test.filter((i) => predicted[i] === table.labels[i]).length / test.length
}

const byType = new Map(
  [...selectors, ...transformers, ...classifiers, ...packages].map((operation) => [operation.type, operation]),
)
const pairs = [
  ...[...selectors, ...transformers].map(({ type }) => [type, 'ensemble/naive-bayes'] as const),
  ...[...classifiers, ...packages].map(({ type }) => ['ensemble/select-anova', type] as const),
]

describe('chance in, chance out', () => {
  test.each(pairs)('%s, then %s', async (selector, classifier) => {
    let sum = 0
    for (let seed = 1; seed <= numPermutations; seed++) {
      sum += await testAccuracy(byType.get(selector)!, byType.get(classifier)!, seed)
    }
    // 20 test rows a permutation: the mean has a standard error of .032 under chance; selecting on all rows gives .60 to .75.
    expect(Math.abs(sum / numPermutations - 0.5)).toBeLessThan(0.1)
  })
})
