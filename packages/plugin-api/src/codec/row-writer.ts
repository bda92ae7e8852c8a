import { AsyncByteQueue, RecordBatchFileWriter, Schema, type RecordBatch } from '#arrow'
import { canonicalJson } from '../json.js'
import { PipelineError } from '../errors.js'
import { concatStored, pickStored, type StoredBatch } from '../payload/stored.js'
import type { RowKind } from '../port.js'
import { rowsPerBatch } from '../streams/bound.js'
import { headerOf, toRecordBatch, type StreamHeader } from './row-codec.js'

/** Writes a stream of batches as an Arrow IPC file. */
export interface RowWriter {
  /** Takes a batch; bytes go to the sink as soon as a record batch is full. */
  write(batch: StoredBatch): void
  /** Writes what is left and the footer. */
  close(): { readonly header: StreamHeader; readonly numSamples: number }
}

class Sink extends AsyncByteQueue {
  readonly #take: (bytes: Uint8Array) => void

  constructor(take: (bytes: Uint8Array) => void) {
    super()
    this.#take = take
  }

  override write(chunk: ArrayBufferLike | ArrayBufferView | string): void {
    if (typeof chunk === 'string') this.#take(Buffer.from(chunk))
    else
      this.#take(
        ArrayBuffer.isView(chunk)
          ? new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength)
          : new Uint8Array(chunk),
      )
  }
}

/** Arrow's writer, counting the rows that it has put into the file: it ends the file at the first batch of another schema, and says nothing. */
class CountingWriter extends RecordBatchFileWriter {
  numWritten = 0

  protected override _writeRecordBatch(batch: RecordBatch): this {
    this.numWritten += batch.numRows
    return super._writeRecordBatch(batch)
  }
}

/**
 * A writer of rows. Equal rows give equal bytes, however they were batched.
 *
 * @param kind - What the batches hold.
 * @param take - Gets the file's bytes in order, at once (nothing is queued).
 * @throws PipelineError `ERR_BAD_DATA` when batches of one stream differ in class list, columns, score kind or shape.
 */
export function createRowWriter(kind: RowKind, take: (bytes: Uint8Array) => void): RowWriter {
  const writer = new CountingWriter()
  writer.reset(new Sink(take))
  let header: StreamHeader | undefined
  let headerText = ''
  let pending: StoredBatch[] = []
  let numPending = 0
  let numSamples = 0
  const flush = (batch: StoredBatch): void => {
    writer.write(toRecordBatch(batch, new Map([['etsef', headerText]])))
  }
  return {
    write(batch) {
      if (batch.kind !== kind)
        throw new PipelineError('ERR_BAD_DATA', {
          message: 'A batch of the wrong kind',
          expected: kind,
          received: batch.kind,
        })
      const own = headerOf(batch)
      const ownText = canonicalJson(own)
      if (!header) {
        header = own
        headerText = ownText
      } else if (ownText !== headerText) {
        throw new PipelineError('ERR_BAD_DATA', {
          message: 'Batches of one stream differ in class list, columns or form',
          expected: headerText.slice(0, 200),
          received: ownText.slice(0, 200),
        })
      }
      if (batch.ids.length === 0) return
      numSamples += batch.ids.length
      pending.push(batch)
      numPending += batch.ids.length
      if (numPending < rowsPerBatch) return
      let whole = concatStored(pending)
      while (numPending >= rowsPerBatch) {
        flush(sliceStored(whole, 0, rowsPerBatch))
        whole = sliceStored(whole, rowsPerBatch, numPending)
        numPending -= rowsPerBatch
      }
      pending = numPending > 0 ? [whole] : []
    },
    close() {
      const final = header ?? { kind, classNames: [] }
      if (numPending > 0) flush(concatStored(pending))
      else if (numSamples === 0) writer.reset(undefined, new Schema([], new Map([['etsef', canonicalJson(final)]])))
      writer.finish()
      if (writer.numWritten !== numSamples)
        throw new PipelineError('ERR_BAD_DATA', {
          message: 'The file does not hold all rows that were written to it',
          expected: `${String(numSamples)} rows`,
          received: `${String(writer.numWritten)} rows`,
          hint: 'batches of one stream must have arrays of the same types',
        })
      return { header: final, numSamples }
    },
  }
}

function sliceStored(batch: StoredBatch, from: number, to: number): StoredBatch {
  return pickStored(
    batch,
    Array.from({ length: to - from }, (_, index) => from + index),
  )
}
