/** Part of a split a row belongs to; `none` before any split. */
export type Partition = 'train' | 'val' | 'test' | 'none'

/** Label of a row whose label is not shown to the reader (it is attached again, by id, after the operation). */
export const hiddenLabel = -1

/**
 * What rides with every row from source to report, as columns of equal length.
 *
 * Rows are joined by `ids`, never by position. A plugin that returns rows may leave `sourceIds`, `labels`, `groups` and
 * `partitions` as they came or empty: the runner attaches them again from the input row of the same id (or of
 * `parentIds`, for new rows), so they cannot be changed on the way.
 */
export interface Rows {
  /** Opaque but to sources, splits and reports: the same for the same row everywhere, and without meaning. */
  readonly ids: readonly string[]
  /** sha256 of the original image: lineage. Augmented copies carry their original's. */
  readonly sourceIds: readonly string[]
  /** Index into `classNames`; {@link hiddenLabel} where the reader may not see it. */
  readonly labels: Int32Array
  /** Patient, video or slide; rows of one group stay in one partition. Opaque where ids are. */
  readonly groups: readonly string[]
  readonly partitions: readonly Partition[]
  /** The class list of the task, in order; the same array in every batch of a stream. */
  readonly classNames: readonly string[]
  /**
   * What else a source knows of each row (sex, site, scanner), by name; an empty text is not known. Only sources, splits and reports see it: whatever
   * fits or applies gets rows without. Left out where there is none.
   */
  readonly attributes?: Attributes
}

/** Columns of attributes by name, each as long as the rows. */
export type Attributes = Readonly<Record<string, readonly string[]>>

/** The rows at the given positions, in that order. */
export function pickRows(rows: Rows, indices: readonly number[]): Rows {
  return {
    ids: indices.map((i) => rows.ids[i]!),
    sourceIds: indices.map((i) => rows.sourceIds[i]!),
    labels: Int32Array.from(indices, (i) => rows.labels[i]!),
    groups: indices.map((i) => rows.groups[i]!),
    partitions: indices.map((i) => rows.partitions[i]!),
    classNames: rows.classNames,
    ...(rows.attributes && { attributes: mapAttributes(rows.attributes, (values) => indices.map((i) => values[i]!)) }),
  }
}

/** The rows of several batches, one after the other. */
export function concatRows(batches: readonly Rows[]): Rows {
  const labels = new Int32Array(batches.reduce((total, batch) => total + batch.ids.length, 0))
  let offset = 0
  for (const batch of batches) {
    labels.set(batch.labels, offset)
    offset += batch.ids.length
  }
  return {
    ids: batches.flatMap((batch) => batch.ids),
    sourceIds: batches.flatMap((batch) => batch.sourceIds),
    labels,
    groups: batches.flatMap((batch) => batch.groups),
    partitions: batches.flatMap((batch) => batch.partitions),
    classNames: batches[0]?.classNames ?? [],
    ...concatAttributes(batches),
  }
}

/** Attributes of several batches; where one of them lacks an attribute, it is not known of its rows. */
function concatAttributes(batches: readonly Rows[]): Pick<Rows, 'attributes'> {
  const names = [...new Set(batches.flatMap(({ attributes = {} }) => Object.keys(attributes)))].sort()
  if (names.length === 0) return {}
  const valuesOf = (name: string): readonly string[] =>
    batches.flatMap(({ ids, attributes }) => attributes?.[name] ?? ids.map(() => ''))
  return { attributes: Object.fromEntries(names.map((name) => [name, valuesOf(name)])) }
}

/** Attributes with each column replaced. */
export function mapAttributes(
  attributes: Attributes,
  change: (values: readonly string[], name: string) => readonly string[],
): Attributes {
  return Object.fromEntries(Object.entries(attributes).map(([name, values]) => [name, change(values, name)]))
}

/** Only the row columns of a batch (so that a spread copies no payload by accident). */
export function rowsOf(batch: Rows): Rows {
  const { ids, sourceIds, labels, groups, partitions, classNames, attributes } = batch
  return { ids, sourceIds, labels, groups, partitions, classNames, ...(attributes && { attributes }) }
}

/** Rows that say nothing of attributes. */
export function withoutAttributes<T extends Rows>(rows: T): T {
  if (!rows.attributes) return rows
  const shown = { ...rows }
  delete (shown as { attributes?: Attributes }).attributes // of a copy
  return shown
}
