import {
  concatPredictions,
  pickPredictions,
  type PredictionBatch,
  type SetThresholds,
  type SetsProvider,
} from '@etsef/plugin-api'
import { importProvider } from '../registry/import-provider.js'
import { openArtifact } from '../worker/artifact-input.js'
import type { RunPlace } from './fitted-graph-of.js'
import type { FittedGraph } from './fitted-graph.js'
import type { SetKind } from './set-kind.js'

/** Thresholds of prediction sets, and which of them make the sets; or why there are none. */
export type CalibratedSets = (SetThresholds & { readonly kind: SetKind }) | { readonly missing: string }

/** What is told of prediction sets beside answers: how they were calibrated, or why there are none. */
export type SetFacts =
  | (Pick<SetThresholds, 'level' | 'numSamples' | 'numGroups'> & { readonly kind: SetKind })
  | { readonly missing: string }

/** Calibrated sets without their thresholds. */
export function setFactsOf(sets: CalibratedSets): SetFacts {
  if ('missing' in sets) return sets
  const { kind, level, numSamples, numGroups } = sets
  return { kind, level, numSamples, numGroups }
}

/**
 * Prediction sets of a run's node, calibrated on the validation rows of what it predicted there, by the package of the project that knows how
 * (`"sets"` in its `etsef` field).
 */
export async function calibrateSets(
  { record, storeDir, registry }: RunPlace,
  { target, classNames }: FittedGraph,
  kind: SetKind = 'marginal',
): Promise<CalibratedSets> {
  if (!registry.sets) return { missing: 'no package of the project calibrates them; @etsef/plugin-report does' }
  const stage = record.stages[`${target.node}:apply`] ?? record.stages[target.node]
  let rows: PredictionBatch | undefined
  try {
    rows = stage && (await storedPredictions(storeDir, stage.key, target.port))
  } catch {
    // Collected since, or damaged: answers do not need it.
  }
  if (rows?.classNames.join('\n') !== classNames.join('\n'))
    return { missing: 'what the run predicted is no longer in the store' }
  const provider = await importProvider<SetsProvider>(registry.sets, 'calibrateSets')
  // Labels of other rows are not its business.
  const validation = pickPredictions(
    rows,
    rows.partitions.flatMap((each, at) => (each === 'val' ? [at] : [])),
  )
  const thresholds = provider.calibrateSets(validation)
  return 'missing' in thresholds ? thresholds : { kind, ...thresholds }
}

async function storedPredictions(storeDir: string, key: string, port: string): Promise<PredictionBatch | undefined> {
  const artifact = openArtifact(storeDir, key)
  const output = artifact.manifest.outputs[port]
  if (!output) return undefined
  const batches: PredictionBatch[] = []
  for await (const batch of (await artifact.rows(output)).batches()) {
    if (batch.kind !== 'predictions') return undefined
    batches.push(batch)
  }
  return batches.length === 0 ? undefined : concatPredictions(batches)
}

/** Classes that cannot be ruled out at the level that was calibrated, in the order of the class list. */
export function predictionSetOf(
  scores: Readonly<Record<string, number>>,
  classNames: readonly string[],
  sets: Exclude<CalibratedSets, { readonly missing: string }>,
): readonly string[] {
  const thresholds = sets[sets.kind]
  return classNames.filter((name, at) => {
    const threshold = thresholds[at]
    return threshold == null || 1 - scores[name]! <= threshold + 1e-12
  })
}
