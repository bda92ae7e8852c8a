import {
  Field,
  FixedSizeList,
  Float32,
  Float64,
  Int32,
  makeData,
  Uint8,
  Utf8,
  type Data,
  type DataType,
  type RecordBatch,
} from '#arrow'

/** A named column of one batch. */
export interface Column {
  readonly name: string
  readonly data: Data
}

const encoder = new TextEncoder()

/** Texts, UTF-8. */
export function textColumn(name: string, values: readonly string[]): Column {
  const offsets = new Int32Array(values.length + 1)
  const bytes = encoder.encode(values.join(''))
  let offset = 0
  values.forEach((value, index) => {
    offset += utf8Length(value)
    offsets[index + 1] = offset
  })
  return {
    name,
    data: makeData({ type: new Utf8(), length: values.length, nullCount: 0, valueOffsets: offsets, data: bytes }),
  }
}

function utf8Length(text: string): number {
  let bytes = text.length
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 0x80) continue
    if (code < 0x800) bytes += 1
    else bytes += 2
    // A surrogate pair is two code units and four bytes: the second unit adds nothing more than its own length.
    if (code >= 0xd800 && code < 0xdc00 && i + 1 < text.length) i++
  }
  return bytes
}

/** 32-bit integers. */
export function intColumn(name: string, values: Int32Array): Column {
  return { name, data: makeData({ type: new Int32(), length: values.length, nullCount: 0, data: values }) }
}

/** Bytes. */
export function byteColumn(name: string, values: Uint8Array): Column {
  return { name, data: makeData({ type: new Uint8(), length: values.length, nullCount: 0, data: values }) }
}

/** Doubles. */
export function doubleColumn(name: string, values: Float64Array): Column {
  return { name, data: makeData({ type: new Float64(), length: values.length, nullCount: 0, data: values }) }
}

/** Numbers that a vector column holds. */
export type Numbers = Float32Array | Float64Array | Int32Array | Uint8Array

/** A fixed number of numbers per row, row-major; `width` at least 1. */
export function vectorColumn(name: string, values: Numbers, width: number, length: number): Column {
  const child = numberData(values, length * width)
  const type = new FixedSizeList<DataType>(width, new Field('item', child.type, false))
  return { name, data: makeData({ type, length, nullCount: 0, child }) }
}

function numberData(data: Numbers, length: number): Data<Float32> | Data<Float64> | Data<Int32> | Data<Uint8> {
  const nullCount = 0
  if (data instanceof Float32Array) return makeData({ type: new Float32(), length, nullCount, data })
  if (data instanceof Int32Array) return makeData({ type: new Int32(), length, nullCount, data })
  if (data instanceof Uint8Array) return makeData({ type: new Uint8(), length, nullCount, data })
  return makeData({ type: new Float64(), length, nullCount, data })
}

function columnOf(batch: RecordBatch, name: string): Data {
  const data: Data | undefined = batch.getChild(name)?.data[0]
  if (!data) throw new RangeError(`column "${name}" is missing`)
  return data
}

/** Texts of a column. */
export function readTexts(batch: RecordBatch, name: string): string[] {
  const data = columnOf(batch, name)
  const bytes = data.values as Uint8Array
  const offsets = data.valueOffsets as Int32Array
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Array.from({ length: batch.numRows }, (_, index) => text.toString('utf8', offsets[index], offsets[index + 1]))
}

/** Integers of a column, copied. */
export function readInts(batch: RecordBatch, name: string): Int32Array {
  return (columnOf(batch, name).values as Int32Array).slice(0, batch.numRows)
}

/** Bytes of a column, copied. */
export function readBytes(batch: RecordBatch, name: string): Uint8Array {
  return (columnOf(batch, name).values as Uint8Array).slice(0, batch.numRows)
}

/** Doubles of a column, copied. */
export function readDoubles(batch: RecordBatch, name: string): Float64Array {
  return (columnOf(batch, name).values as Float64Array).slice(0, batch.numRows)
}

/** Vectors of a column, row-major. @param isOwn - Nothing else reads these bytes: they are not copied where they are most of their buffer. */
export function readVectors(batch: RecordBatch, name: string, width: number, isOwn: boolean): Numbers {
  const child = columnOf(batch, name).children[0]
  if (!child) throw new RangeError(`column "${name}" holds no vectors`)
  const vectors = (child.values as Numbers).subarray(0, batch.numRows * width)
  // A small part would keep all of the buffer alive.
  return isOwn && 2 * vectors.byteLength > vectors.buffer.byteLength ? vectors : vectors.slice()
}
