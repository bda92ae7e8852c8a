import { PipelineError, type PredictorValue } from '@etsef/plugin-api'

/** Features on a predictor's way, and what does not depend on them. */
export interface FoundColumns {
  /** `node.port` of the features. */
  readonly output: string
  /** `node.port` of all other rows that stay as they are when these features change. */
  readonly unchanged: readonly string[]
}

/**
 * The features on the way that are explained.
 *
 * @param wanted - `node.port`; null: what the nodes that answer read, if it is one and the same.
 * @throws PipelineError `ERR_BAD_OPTION` naming what there is.
 */
export function findColumns({ steps }: Pick<PredictorValue, 'steps'>, wanted: string | null): FoundColumns {
  const given = steps.flatMap(({ gives }) => gives.flatMap(({ kind, output }) => (kind === 'features' ? [output] : [])))
  const read = new Set(
    steps
      .filter(({ gives }) => gives.some(({ kind }) => kind === 'predictions'))
      .flatMap(({ reads }) => reads.flatMap(({ kind, output }) => (kind === 'features' ? [output] : []))),
  )
  const output = wanted ?? (read.size === 1 ? [...read][0]! : undefined)
  if (output === undefined || !given.includes(output)) {
    throw new PipelineError('ERR_BAD_OPTION', {
      message:
        wanted === null
          ? 'The classifiers on the way do not all read the same features'
          : `There are no features "${wanted}" on the way to the predictor`,
      option: 'features',
      expected: given.length === 0 ? 'a predictor with features on its way' : `one of ${given.join(', ')}`,
      received: wanted ?? 'null',
    })
  }
  const changed = new Set([output])
  for (const { reads, gives } of steps)
    if (reads.some((each) => changed.has(each.output))) for (const each of gives) changed.add(each.output)
  const unchanged = steps.flatMap(({ gives }) =>
    gives.flatMap((each) =>
      changed.has(each.output) || (each.kind !== 'features' && each.kind !== 'predictions') ? [] : [each.output],
    ),
  )
  return { output, unchanged }
}
