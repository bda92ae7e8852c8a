import { permutationTest, type PermutationResult } from '@etsef/distributions'
import { createRng, type FeatureBatch, type Operation, type PredictionBatch } from '@etsef/plugin-api'
import { runOperation } from '@etsef/plugin-api/testing'

type Options = Readonly<Record<string, unknown>>

/** What is tried: one selector, and every classifier on the columns it gives. */
export interface ChanceTrial {
  readonly table: FeatureBatch
  readonly selector: Operation
  readonly classifiers: readonly Operation[]
  optionsOf(operation: Operation): Options
  /** Which deal of the labels. */
  readonly seed: string
  /** Deals of the permutation test. */
  readonly deals: number
  /** An injected leak: the selector is fitted on the test rows too. For showing that leaks are found. */
  readonly fitSelectorOnTest?: boolean
}

/**
 * Deals the labels anew among groups, keeping the partitions, fits on train, and scores on test, for each classifier.
 *
 * @returns One result per classifier, in their order.
 */
export async function chanceTrial(trial: ChanceTrial): Promise<readonly PermutationResult[]> {
  const { selector, classifiers, seed } = trial
  const units = trial.table.groups.map((group, row) => `${String(trial.table.labels[row]!)} ${group}`)
  const table = { ...trial.table, labels: dealLabels(trial.table.labels, units, seed) }
  const chosen = await runOperation(selector, {
    options: trial.optionsOf(selector),
    inputs: { features: trial.fitSelectorOnTest ? { ...table, partitions: table.ids.map(() => 'train') } : table },
    seed,
    batchSize: 1e6,
  })
  chosen.dispose()
  // The selector's output port.
  const { features, featureNames } = chosen.outputs['features'] as FeatureBatch
  const given: FeatureBatch = { ...table, features, featureNames }
  const isTest = table.ids.flatMap((_, row) => (table.partitions[row] === 'test' ? [row] : []))
  const results: PermutationResult[] = []
  for (const classifier of classifiers) {
    const options = trial.optionsOf(classifier)
    const fitted = await runOperation(classifier, { options, inputs: { features: given }, seed, batchSize: 1e6 })
    fitted.dispose()
    const { predicted } = fitted.outputs['predictions'] as PredictionBatch
    const rng = createRng(seed, 'permutation-test')
    results.push(
      permutationTest(
        {
          labels: isTest.map((row) => table.labels[row]!),
          predicted: isTest.map((row) => predicted[row]!),
          units: isTest.map((row) => units[row]!),
          numClasses: table.classNames.length,
        },
        { deals: trial.deals, shuffle: (list) => rng.shuffle(list) },
      ),
    )
  }
  return results
}

/** Labels dealt among units, as `data/folder` deals them with `permuteLabels`. */
function dealLabels(labels: ArrayLike<number>, units: readonly string[], seed: string): Int32Array {
  const labelOf = new Map<string, number>()
  units.forEach((unit, row) => labelOf.set(unit, labels[row]!))
  const dealt = createRng(seed, 'deal-labels').shuffle([...labelOf.values()])
  const newLabel = new Map([...labelOf.keys()].map((unit, index) => [unit, dealt[index]!]))
  return Int32Array.from(units, (unit) => newLabel.get(unit)!)
}
