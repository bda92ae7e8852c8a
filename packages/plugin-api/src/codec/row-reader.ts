import { RecordBatchReader, type RecordBatch } from '#arrow'
import { open } from 'node:fs/promises'
import { PipelineError } from '../errors.js'
import type { StoredBatch } from '../payload/stored.js'
import { fromRecordBatch, type StreamHeader } from './row-codec.js'

/** A stored stream of rows. */
export interface RowReader {
  readonly header: StreamHeader
  /** Batches in order; each call reads from the start. A batch is read when it is asked for. */
  batches(): AsyncIterable<StoredBatch>
}

/**
 * Reads rows from an Arrow IPC file.
 *
 * @param source - The file's bytes, or its path (then one record batch is in memory at a time).
 * @throws PipelineError `ERR_CORRUPT_ARTIFACT` when it is not such a file.
 */
export async function openRowReader(source: Uint8Array | string): Promise<RowReader> {
  if (typeof source !== 'string') {
    const reader = RecordBatchReader.from(source).open()
    const header = headerIn(reader.schema.metadata)
    if (!reader.isFile() || !reader.isSync()) throw notRows()
    const records: RecordBatch[] = []
    return {
      header,
      async *batches() {
        // By position: several readings may go on at once, and what is not copied is decoded once.
        for (let index = 0; index < reader.numRecordBatches; index++) {
          const record = records[index] ?? reader.readRecordBatch(index)
          if (!record) throw notRows()
          records[index] = record
          // A file without rows may hold one empty record batch.
          if (record.numRows > 0) yield await Promise.resolve(fromRecordBatch(record, header))
        }
      },
    }
  }
  const path = source
  const header = await withFile(path, async (reader) => Promise.resolve(headerIn(reader.schema.metadata)))
  return {
    header,
    async *batches() {
      const handle = await open(path)
      try {
        const reader = await RecordBatchReader.from(handle)
        for await (const record of reader) if (record.numRows > 0) yield fromRecordBatch(record, header, true)
      } finally {
        await handle.close().catch(() => undefined)
      }
    },
  }
}

async function withFile<T>(path: string, use: (reader: RecordBatchReader) => Promise<T>): Promise<T> {
  const handle = await open(path)
  try {
    const reader = await RecordBatchReader.from(handle)
    return await use(await reader.open())
  } finally {
    await handle.close().catch(() => undefined)
  }
}

function headerIn(metadata: ReadonlyMap<string, string>): StreamHeader {
  const text = metadata.get('etsef')
  if (text === undefined) throw notRows()
  return JSON.parse(text) as StreamHeader
}

function notRows(): PipelineError {
  return new PipelineError('ERR_CORRUPT_ARTIFACT', { message: 'Not a file of etsef rows: its schema has no header' })
}
