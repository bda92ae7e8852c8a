import { concatStored, createRowWriter, openRowReader, pickStored } from '@etsef/plugin-api/codec'
import type { StoredBatch } from '@etsef/plugin-api/codec'
import { orderKeys, sortedPositions } from '@etsef/plugin-api/semantics'
import { rowsPerBatch, type RowKind } from '@etsef/plugin-api'
import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { boundGarbage } from './bounded-memory.js'

/** Rows held in memory before they are sorted and put on disk, by estimate; and how many such pieces are merged at a time. */
const defaultLimits = { bytes: 8 * 2 ** 20, fanIn: 16 }

/** Brings rows into the stored order, in memory that does not grow with their number. */
export interface RowSorter {
  write(batch: StoredBatch): void
  /** Hands all rows on, in order. Nothing can be added after. */
  finish(take: (batch: StoredBatch) => void): Promise<void>
  /** Removes what was put on disk. */
  close(): void
}

/**
 * Few rows are sorted in memory. More go to disk in sorted pieces, which are merged at the end: a merge holds one batch of each piece.
 *
 * @param pieceFile - Path for the piece of a number; asked for when there is a piece.
 */
export function createRowSorter(
  kind: RowKind,
  pieceFile: (index: number) => string,
  limits: { readonly bytes: number; readonly fanIn: number } = defaultLimits,
): RowSorter {
  let pending: StoredBatch[] = []
  let pendingBytes = 0
  let numPieces = 0
  const onDisk = new Set<string>()
  const newPiece = (): {
    readonly path: string
    readonly take: (batch: StoredBatch) => void
    readonly end: () => void
  } => {
    const path = pieceFile(numPieces++)
    const descriptor = openSync(path, 'wx')
    onDisk.add(path)
    const writer = createRowWriter(kind, (bytes) => {
      for (let from = 0; from < bytes.byteLength;) from += writeSync(descriptor, bytes, from)
    })
    return {
      path,
      take: (batch) => {
        writer.write(batch)
      },
      end: () => {
        writer.close()
        closeSync(descriptor)
      },
    }
  }
  const takePending = (): StoredBatch => {
    const whole = concatStored(pending)
    pending = []
    pendingBytes = 0
    return pickStored(whole, sortedPositions(orderKeys(whole)))
  }
  const spill = (): void => {
    const piece = newPiece()
    piece.take(takePending())
    piece.end()
  }
  return {
    write(batch) {
      if (batch.ids.length === 0 && pending.length > 0) return
      pending.push(batch)
      pendingBytes += estimateBytes(batch)
      if (pendingBytes > limits.bytes) spill()
    },
    async finish(take) {
      if (onDisk.size === 0) {
        if (pending.length > 0) take(takePending())
        return
      }
      if (pending.length > 0) spill()
      while (onDisk.size > limits.fanIn) {
        const some = [...onDisk].slice(0, limits.fanIn)
        const piece = newPiece()
        await merge(some, piece.take)
        piece.end()
        for (const path of some) remove(path, onDisk)
      }
      await merge([...onDisk], take)
    },
    close() {
      for (const path of onDisk) remove(path, onDisk)
    },
  }
}

function remove(path: string, onDisk: Set<string>): void {
  rmSync(path, { force: true })
  onDisk.delete(path)
}

/** About what a row's texts take in memory; the numbers are counted. */
const bytesOfTexts = 1024

function estimateBytes(batch: StoredBatch): number {
  const texts = batch.ids.length * bytesOfTexts
  if (batch.kind === 'features') return texts + batch.features.byteLength
  if (batch.kind === 'predictions') return texts + batch.scores.byteLength
  if (batch.kind === 'attributions') return texts + batch.values.byteLength
  if (batch.kind === 'tensor') return texts + batch.data.byteLength
  return texts
}

/** Where the merge stands in a piece. */
interface Cursor {
  readonly batches: AsyncIterator<StoredBatch>
  batch: StoredBatch
  keys: readonly string[]
  at: number
}

/** Rows of sorted pieces, in order, a batch at a time. */
async function merge(paths: readonly string[], take: (batch: StoredBatch) => void): Promise<void> {
  const cursors: Cursor[] = []
  for (const path of paths) {
    const batches = (await openRowReader(path)).batches()[Symbol.asyncIterator]()
    const first = await batches.next()
    if (!first.done) cursors.push({ batches, batch: first.value, keys: orderKeys(first.value), at: 0 })
  }
  const parts = new PickedRows()
  while (cursors.length > 0) {
    const cursor = cursors.reduce((least, each) => (each.keys[each.at]! < least.keys[least.at]! ? each : least))
    parts.pick(cursor.batch, cursor.at++)
    const isEmpty = cursor.at === cursor.keys.length
    if (isEmpty || parts.length === rowsPerBatch) take(parts.flush())
    if (!isEmpty) continue
    const next = await cursor.batches.next()
    if (next.done) cursors.splice(cursors.indexOf(cursor), 1)
    else Object.assign(cursor, { batch: next.value, keys: orderKeys(next.value), at: 0 })
    boundGarbage()
  }
  if (parts.length > 0) take(parts.flush())
}

/** Rows picked one by one from several batches. */
class PickedRows {
  length = 0
  #picked = new Map<StoredBatch, { readonly from: number[]; readonly to: number[] }>()

  pick(batch: StoredBatch, index: number): void {
    const own = this.#picked.get(batch) ?? { from: [], to: [] }
    this.#picked.set(batch, own)
    own.from.push(index)
    own.to.push(this.length++)
  }

  /** The rows in the order of picking; none are left. */
  flush(): StoredBatch {
    const whole = concatStored([...this.#picked].map(([batch, { from }]) => pickStored(batch, from)))
    const positions = new Array<number>(this.length)
    ;[...this.#picked.values()].flatMap(({ to }) => to).forEach((to, at) => (positions[to] = at))
    this.#picked = new Map()
    this.length = 0
    return pickStored(whole, positions)
  }
}
