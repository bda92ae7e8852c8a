import { PipelineError } from '../errors.js'
import type { Json } from '../json.js'
import type { ImageRows } from '../payload/images.js'
import type { Partition, Rows } from '../payload/rows.js'
import type { StoredBatch } from '../payload/stored.js'

/** Rows as an operation gives them: row columns may be empty, images may lack what the runner adds. */
export type GivenBatch = Exclude<StoredBatch, { kind: 'images' }> | ImageRows

/** A batch with row columns replaced, and for images with parents and transforms. */
export function storeBatch(
  given: GivenBatch,
  rows: Rows,
  images: {
    readonly parentIds: readonly string[]
    readonly transforms: readonly (readonly Json[])[]
    /** Where the rows' pictures are, as the inputs say it; left out by a source. */
    readonly uris?: readonly string[]
  },
): StoredBatch {
  if (given.kind === 'images')
    return {
      kind: 'images',
      ...rows,
      uris: images.uris ?? given.uris,
      parentIds: images.parentIds,
      transforms: images.transforms,
    }
  return { ...given, ...rows }
}

/** Checks that a batch has the form its kind asks for. @throws PipelineError `ERR_BAD_DATA`. */
export function checkForm(given: GivenBatch, expectedKind: string, what: string): void {
  const refuse = (message: string, expected: string, received: string): never => {
    throw new PipelineError('ERR_BAD_DATA', { message: `${what}: ${message}`, expected, received })
  }
  if (typeof given !== 'object' || given.kind !== expectedKind)
    refuse('a batch of the wrong kind', expectedKind, String((given as { kind?: unknown } | undefined)?.kind))
  const numSamples = given.ids.length
  const length = (name: string, value: { readonly length: number } | undefined, expected: number): void => {
    if (value?.length !== expected) refuse(`"${name}" has the wrong length`, String(expected), String(value?.length))
  }
  switch (given.kind) {
    case 'images':
      length('uris', given.uris, numSamples)
      if (given.parentIds) length('parentIds', given.parentIds, numSamples)
      if (given.parameters) length('parameters', given.parameters, numSamples)
      return
    case 'features':
      length('features', given.features, numSamples * given.featureNames.length)
      return
    case 'predictions':
      length('predicted', given.predicted, numSamples)
      return
    case 'attributions':
      length(
        'values',
        given.values,
        given.shape.reduce((product, size) => product * size, numSamples),
      )
      length('targets', given.targets, numSamples)
      length('empty', given.empty, numSamples)
      length('additivityResidual', given.additivityResidual, numSamples)
  }
}

const partitions: ReadonlySet<string> = new Set<Partition>(['train', 'val', 'test', 'none'])

/** Row columns of a source: empty groups and partitions stand for none. @throws PipelineError `ERR_BAD_DATA`. */
export function sourceRows(given: GivenBatch, what: string): Rows {
  const { ids, classNames } = given
  const refuse = (message: string): never => {
    throw new PipelineError('ERR_BAD_DATA', { message: `${what}: ${message}` })
  }
  const column = <T>(name: string, values: readonly T[], empty: () => T): readonly T[] => {
    if (values.length === ids.length) return values
    return values.length === 0
      ? ids.map(empty)
      : refuse(`"${name}" has ${String(values.length)} entries for ${String(ids.length)} rows`)
  }
  if (given.sourceIds.length !== ids.length || given.sourceIds.some((each) => each === ''))
    refuse('every row needs a sourceId, the sha256 of its original')
  if (given.labels.length !== ids.length)
    refuse(`"labels" has ${String(given.labels.length)} entries for ${String(ids.length)} rows`)
  const wrongLabel = given.labels.find((label) => label < -1 || label >= classNames.length)
  if (wrongLabel !== undefined)
    refuse(`label ${String(wrongLabel)} is not in the list of ${String(classNames.length)} classes`)
  const ownPartitions = column('partitions', given.partitions, () => 'none' as const)
  const wrongPartition = ownPartitions.find((each) => !partitions.has(each))
  if (wrongPartition !== undefined) refuse(`"${wrongPartition}" is not a partition`)
  return {
    ids,
    sourceIds: given.sourceIds,
    labels: given.labels,
    groups: column('groups', given.groups, () => ''),
    partitions: ownPartitions,
    classNames,
  }
}
