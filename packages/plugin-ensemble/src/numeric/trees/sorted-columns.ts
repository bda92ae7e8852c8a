import type { Matrix } from '../linear-algebra/matrix.js'

/** Columns of a table in float32, with the order that sorts each. Trees are grown on these. */
export interface SortedColumns {
  readonly numSamples: number
  readonly numFeatures: number
  /** Column-major: `values[j * numSamples + i]`. */
  readonly values: Float32Array
  /** `order[j * numSamples + r]` is the row with the r-th smallest value of column j; equal values by row. */
  readonly order: Int32Array
}

/** Sorts every column once. */
export function sortColumns(x: Matrix): SortedColumns {
  const { numSamples: n, numFeatures: d, data } = x
  const values = new Float32Array(n * d)
  for (let i = 0, at = 0; i < n; i++) for (let j = 0; j < d; j++, at++) values[j * n + i] = data[at]! + 0
  const order = new Int32Array(n * d)
  const sort = radixSorter(n)
  for (let j = 0; j < d; j++) sort(values.subarray(j * n, (j + 1) * n), order.subarray(j * n, (j + 1) * n))
  return { numSamples: n, numFeatures: d, values, order }
}

/** A stable sorter of up to n float32 values: three passes of 11 bits over keys that order as the numbers do. */
function radixSorter(n: number): (values: Float32Array, order: Int32Array) => void {
  const keys = new Uint32Array(n)
  let from = new Int32Array(n)
  let to = new Int32Array(n)
  const starts = new Int32Array(2048)
  return (values, order) => {
    const bits = new Uint32Array(values.slice().buffer)
    for (let i = 0; i < n; i++) {
      // −0 equals 0; negative numbers order by their complement.
      const b = values[i] === 0 ? 0 : bits[i]!
      keys[i] = b >>> 31 === 1 ? ~b : b | 0x80000000
      from[i] = i
    }
    for (let shift = 0; shift < 33; shift += 11) {
      starts.fill(0)
      for (let i = 0; i < n; i++) starts[(keys[i]! >>> shift) & 2047]!++
      for (let b = 0, sum = 0; b < 2048; b++) {
        const count = starts[b]!
        starts[b] = sum
        sum += count
      }
      for (let r = 0; r < n; r++) {
        const i = from[r]!
        to[starts[(keys[i]! >>> shift) & 2047]!++] = i
      }
      const held = from
      from = to
      to = held
    }
    order.set(from)
  }
}
