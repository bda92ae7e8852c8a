import { badWeights } from '../errors.js'

/** Most entries of lists read from one file. Networks have thousands; a scale and a zero point for every channel make up to a million. */
const maxEntries = 1_500_000

/** What the tables of one file have in common. */
interface FlatFile {
  readonly view: DataView
  /** Entries of lists read so far: a list can stand in a file once and in its tables a million times. */
  numEntries: number
}

/** A table in a FlatBuffers file, read in place. Offsets outside the file, and lists that never end, throw `ERR_WEIGHTS`. */
export class FlatTable {
  readonly #file: FlatFile
  readonly #position: number

  private constructor(file: FlatFile, position: number) {
    this.#file = file
    this.#position = position
  }

  /** The root table. */
  static root(bytes: Uint8Array): FlatTable {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    return new FlatTable(
      { view, numEntries: 0 },
      guarded(() => view.getUint32(0, true)),
    )
  }

  /** A 32-bit integer field, or the default. */
  int(field: number, fallback = 0): number {
    const at = this.#at(field)
    return at === undefined ? fallback : guarded(() => this.#file.view.getInt32(at, true))
  }

  /** An 8-bit field, or the default. */
  byte(field: number, fallback = 0): number {
    const at = this.#at(field)
    return at === undefined ? fallback : guarded(() => this.#file.view.getInt8(at))
  }

  /** A nested table. */
  table(field: number): FlatTable | undefined {
    const at = this.#at(field)
    return at === undefined
      ? undefined
      : new FlatTable(this.#file, at + guarded(() => this.#file.view.getUint32(at, true)))
  }

  /** A vector of tables. */
  tables(field: number): readonly FlatTable[] {
    return this.#vector(field, 4, (at) => new FlatTable(this.#file, at + this.#file.view.getUint32(at, true)))
  }

  /** A vector of 32-bit integers. */
  ints(field: number): readonly number[] {
    return this.#vector(field, 4, (at) => this.#file.view.getInt32(at, true))
  }

  /** A vector of 64-bit integers, as numbers. */
  longs(field: number): readonly number[] {
    return this.#vector(field, 8, (at) => Number(this.#file.view.getBigInt64(at, true)))
  }

  /** A vector of floats. */
  floats(field: number): readonly number[] {
    return this.#vector(field, 4, (at) => this.#file.view.getFloat32(at, true))
  }

  /** A vector of bytes, as a view of the file. */
  bytes(field: number): Uint8Array {
    const span = this.#span(field, 1)
    return span === undefined
      ? new Uint8Array(0)
      : new Uint8Array(this.#file.view.buffer, this.#file.view.byteOffset + span.start, span.length)
  }

  #vector<T>(field: number, size: number, read: (at: number) => T): readonly T[] {
    const span = this.#span(field, size)
    if (span === undefined) return []
    this.#file.numEntries += span.length
    if (this.#file.numEntries > maxEntries)
      throw badWeights(`the FlatBuffers file has lists of more than ${maxEntries} entries`, {
        hint: 'the file is damaged, or made to use up memory',
      })
    return guarded(() => Array.from({ length: span.length }, (_, i) => read(span.start + i * size)))
  }

  #span(field: number, size: number): { readonly start: number; readonly length: number } | undefined {
    const at = this.#at(field)
    if (at === undefined) return undefined
    return guarded(() => {
      const vector = at + this.#file.view.getUint32(at, true)
      const length = this.#file.view.getUint32(vector, true)
      if (vector + 4 + length * size > this.#file.view.byteLength) throw new RangeError('vector ends outside the file')
      return { start: vector + 4, length }
    })
  }

  #at(field: number): number | undefined {
    return guarded(() => {
      const vtable = this.#position - this.#file.view.getInt32(this.#position, true)
      if (4 + field * 2 >= this.#file.view.getUint16(vtable, true)) return undefined
      const offset = this.#file.view.getUint16(vtable + 4 + field * 2, true)
      return offset === 0 ? undefined : this.#position + offset
    })
  }
}

function guarded<T>(read: () => T): T {
  try {
    return read()
  } catch (cause) {
    throw badWeights('the file is not a FlatBuffers file, or is damaged', { cause })
  }
}
