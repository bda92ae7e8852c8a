import { PipelineError } from '../errors.js'
import type { Json } from '../json.js'
import type { ImageRows } from '../payload/images.js'
import { mapAttributes, withoutAttributes, type Partition, type Rows } from '../payload/rows.js'
import type { StoredBatch } from '../payload/stored.js'
import { numbers, texts } from './check-arrays.js'

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
  // Attributes are those of the rows, never what an operation made up.
  return { ...withoutAttributes(given), ...rows }
}

const partitions: ReadonlySet<string> = new Set<Partition>(['train', 'val', 'test', 'none'])

/** Row columns of a source: empty groups and partitions stand for none. @throws PipelineError `ERR_BAD_DATA`. */
export function sourceRows(given: GivenBatch, what: string): Rows {
  const { ids, classNames } = given
  const refuse = (message: string): never => {
    throw new PipelineError('ERR_BAD_DATA', { message: `${what}: ${message}` })
  }
  const column = <T>(name: string, values: readonly T[], empty: () => T): readonly T[] => {
    texts(values, name, undefined, what)
    if (values.length === ids.length) return values
    return values.length === 0
      ? ids.map(empty)
      : refuse(`"${name}" has ${String(values.length)} entries for ${String(ids.length)} rows`)
  }
  texts(given.sourceIds, 'sourceIds', undefined, what)
  // The lineage file holds one source id a line, so an id must not contain a line break.
  if (given.sourceIds.length !== ids.length || given.sourceIds.some((each) => !/^[^\r\n]+$/.test(each)))
    refuse('every row needs a sourceId, the sha256 of its original')
  numbers(given.labels, 'labels', 'Int32Array', undefined, what)
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
    ...(given.attributes && {
      attributes: mapAttributes(given.attributes, (values, name) => {
        texts(values, `attributes.${name}`, ids.length, what)
        return values
      }),
    }),
  }
}
