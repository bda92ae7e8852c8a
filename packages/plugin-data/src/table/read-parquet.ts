import { PipelineError } from '@etsef/plugin-api'
import { parquetReadObjects } from 'hyparquet'
import type { RawTable } from './read-csv.js'

/** Rows of a Parquet file as texts. @throws PipelineError `ERR_BAD_DATA` for a file that is damaged, or compressed in a way that is not read. */
export async function readParquet(bytes: Uint8Array, name: string): Promise<RawTable> {
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer
  try {
    const rows = (await parquetReadObjects({ file })) as Readonly<Record<string, unknown>>[]
    const columns = Object.keys(rows[0] ?? {})
    return {
      columns,
      records: rows.map((row) => columns.map((column) => textOf(row[column]))),
      lines: Int32Array.from(rows.keys(), (at) => at + 1),
      unit: 'row',
    }
  } catch (cause) {
    throw new PipelineError('ERR_BAD_DATA', {
      message: `${name} cannot be read as Parquet: ${cause instanceof Error ? cause.message : String(cause)}`,
      option: 'table',
      hint: 'write it without compression or with Snappy, or as CSV',
      cause,
    })
  }
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value)
  if (value instanceof Date) return value.toISOString()
  return JSON.stringify(value)
}
