import { concatRows, pickRows, type Rows } from './rows.js'

/** Numbers of a tensor, by its dtype. */
export interface TensorArrays {
  readonly float32: Float32Array
  readonly int32: Int32Array
  readonly uint8: Uint8Array
}

/** Rows with a tensor of one shape and dtype each: the maps of a layer, say. */
export interface TensorBatch extends Rows {
  readonly kind: 'tensor'
  readonly dtype: keyof TensorArrays
  /** Shape of one row's tensor, without the rows: `[height, width, channels]`. */
  readonly shape: readonly number[]
  /** Row-major `[numSamples, ...shape]`, of the array type of `dtype`. */
  readonly data: TensorArrays[keyof TensorArrays]
}

const arrays = { float32: Float32Array, int32: Int32Array, uint8: Uint8Array }

/** An array of a dtype. */
function tensorArray(dtype: keyof TensorArrays, length: number): TensorArrays[keyof TensorArrays] {
  return new arrays[dtype](length)
}

/** Numbers in a tensor of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1)
}

/** The tensors at the given positions. */
export function pickTensors(batch: TensorBatch, indices: readonly number[]): TensorBatch {
  const width = sizeOf(batch.shape)
  const data = tensorArray(batch.dtype, indices.length * width)
  indices.forEach((from, to) => {
    data.set(batch.data.subarray(from * width, (from + 1) * width), to * width)
  })
  return { ...batch, ...pickRows(batch, indices), data }
}

/** Several batches of tensors (of one shape and dtype) as one. */
export function concatTensors(batches: readonly TensorBatch[]): TensorBatch {
  const [first] = batches
  if (!first) throw new RangeError('concatTensors needs at least one batch')
  const data = tensorArray(
    first.dtype,
    batches.reduce((total, batch) => total + batch.data.length, 0),
  )
  let offset = 0
  for (const batch of batches) {
    data.set(batch.data, offset)
    offset += batch.data.length
  }
  return { ...first, ...concatRows(batches), data }
}
