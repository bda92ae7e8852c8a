import { RecordBatch, Schema, Struct, Field, makeData } from '#arrow'
import type { RowKind } from '../port.js'
import type { Json } from '../json.js'
import type { PredictionBatch } from '../payload/predictions.js'
import type { Partition, Rows } from '../payload/rows.js'
import type { StoredBatch } from '../payload/stored.js'
import { sizeOf, type TensorBatch } from '../payload/tensors.js'
import {
  byteColumn,
  doubleColumn,
  intColumn,
  readBytes,
  readDoubles,
  readInts,
  readTexts,
  readVectors,
  textColumn,
  vectorColumn,
  type Column,
} from './columns.js'

/** What holds for every batch of a stream, kept in the schema's metadata. */
export interface StreamHeader {
  readonly kind: RowKind
  readonly classNames: readonly string[]
  readonly featureNames?: readonly string[]
  readonly scoreKind?: PredictionBatch['scoreKind']
  readonly shape?: readonly number[]
  readonly dtype?: TensorBatch['dtype']
  readonly method?: string
  readonly unit?: string
  /** Names of attributes, sorted; left out where there are none. */
  readonly attributes?: readonly string[]
}

/** The header that a batch implies. */
export function headerOf(batch: StoredBatch): StreamHeader {
  const names = attributeNames(batch)
  return { ...payloadHeader(batch), ...(names.length > 0 && { attributes: names }) }
}

function attributeNames({ attributes = {} }: Rows): readonly string[] {
  return Object.keys(attributes).sort()
}

function payloadHeader(batch: StoredBatch): StreamHeader {
  const { kind, classNames } = batch
  if (batch.kind === 'features') return { kind, classNames, featureNames: batch.featureNames }
  if (batch.kind === 'predictions') return { kind, classNames, scoreKind: batch.scoreKind }
  if (batch.kind === 'attributions')
    return { kind, classNames, shape: batch.shape, method: batch.method, unit: batch.unit }
  if (batch.kind === 'tensor') return { kind, classNames, shape: batch.shape, dtype: batch.dtype }
  return { kind, classNames }
}

/** A batch as an Arrow record batch. */
export function toRecordBatch(batch: StoredBatch, metadata: ReadonlyMap<string, string>): RecordBatch {
  const columns = [...rowColumns(batch), ...payloadColumns(batch)]
  const fields = columns.map((column) => new Field(column.name, column.data.type, false))
  const schema = new Schema(fields, new Map(metadata))
  const data = makeData({
    type: new Struct(fields),
    length: batch.ids.length,
    nullCount: 0,
    children: columns.map((column) => column.data),
  })
  return new RecordBatch(schema, data)
}

function rowColumns(rows: Rows): Column[] {
  return [
    textColumn('id', rows.ids),
    textColumn('sourceId', rows.sourceIds),
    intColumn('label', rows.labels),
    textColumn('group', rows.groups),
    textColumn('partition', rows.partitions),
    ...attributeNames(rows).map((name) => textColumn(attributeColumn(name), rows.attributes![name]!)),
  ]
}

/** Name of a column, which no payload column has. */
function attributeColumn(name: string): string {
  return `attribute:${name}`
}

function payloadColumns(batch: StoredBatch): Column[] {
  const length = batch.ids.length
  switch (batch.kind) {
    case 'images':
      return [
        textColumn('uri', batch.uris),
        textColumn('parentId', batch.parentIds),
        textColumn(
          'transforms',
          batch.transforms.map((entries) => JSON.stringify(entries)),
        ),
      ]
    case 'features':
      return batch.featureNames.length === 0
        ? []
        : [vectorColumn('features', batch.features, batch.featureNames.length, length)]
    case 'predictions':
      return [
        ...(batch.classNames.length === 0
          ? []
          : [vectorColumn('scores', batch.scores, batch.classNames.length, length)]),
        intColumn('predicted', batch.predicted),
      ]
    case 'tensor':
      return [vectorColumn('tensor', batch.data, sizeOf(batch.shape), length)]
    case 'attributions':
      return [
        vectorColumn('values', batch.values, sizeOf(batch.shape), length),
        intColumn('target', batch.targets),
        byteColumn('empty', batch.empty),
        doubleColumn('additivityResidual', batch.additivityResidual),
      ]
  }
}

/**
 * The batch that a record batch holds. Lists of the header are shared between batches.
 *
 * @param isOwn - The record batch is read for this batch alone, and its vectors may be used as they are. Else all typed arrays are copies.
 */
export function fromRecordBatch(record: RecordBatch, header: StreamHeader, isOwn = false): StoredBatch {
  const rows: Rows = {
    ids: readTexts(record, 'id'),
    sourceIds: readTexts(record, 'sourceId'),
    labels: readInts(record, 'label'),
    groups: readTexts(record, 'group'),
    // Written from values of the same type.
    partitions: readTexts(record, 'partition') as Partition[],
    classNames: header.classNames,
    ...(header.attributes && {
      attributes: Object.fromEntries(header.attributes.map((name) => [name, readTexts(record, attributeColumn(name))])),
    }),
  }
  switch (header.kind) {
    case 'images':
      return {
        kind: 'images',
        ...rows,
        uris: readTexts(record, 'uri'),
        parentIds: readTexts(record, 'parentId'),
        transforms: readTexts(record, 'transforms').map((text) => JSON.parse(text) as Json[]),
      }
    case 'features': {
      const featureNames = header.featureNames ?? []
      const features =
        featureNames.length === 0
          ? new Float32Array(0)
          : (readVectors(record, 'features', featureNames.length, isOwn) as Float32Array)
      return { kind: 'features', ...rows, features, featureNames }
    }
    case 'predictions': {
      const width = header.classNames.length
      const scores = width === 0 ? new Float64Array(0) : (readVectors(record, 'scores', width, isOwn) as Float64Array)
      return {
        kind: 'predictions',
        ...rows,
        scores,
        scoreKind: header.scoreKind ?? 'probability',
        predicted: readInts(record, 'predicted'),
      }
    }
    case 'tensor': {
      const shape = header.shape ?? []
      const data = readVectors(record, 'tensor', sizeOf(shape), isOwn) as TensorBatch['data']
      return { kind: 'tensor', ...rows, dtype: header.dtype ?? 'float32', shape, data }
    }
    case 'attributions': {
      const shape = header.shape ?? []
      return {
        kind: 'attributions',
        ...rows,
        values: readVectors(record, 'values', sizeOf(shape), isOwn) as Float32Array,
        shape,
        method: header.method ?? '',
        unit: header.unit ?? '',
        targets: readInts(record, 'target'),
        empty: readBytes(record, 'empty'),
        additivityResidual: readDoubles(record, 'additivityResidual'),
      }
    }
  }
}
