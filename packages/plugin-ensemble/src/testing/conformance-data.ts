import { fromRows } from '../numeric/linear-algebra/matrix.js'

/** The 9 × 4 table with a constant column that the classical reference values were computed on. */
export const table = fromRows([
  [1, 10, 5, 0], [2, 20, 5, 1], [3, 30, 5, 0], [4, 10, 5, 1], [6, 20, 5, 1], [8, 30, 5, 1], [5, 12, 5, 0], [7, 18, 5, 0],
  [9, 33, 5, 1],
]) // prettier-ignore

/** Three clusters in the plane, three rows each. */
export const blobs = fromRows([
  [1, 2.1], [1.5, 1.8], [2, 2.6], [5, 8.2], [6.1, 8], [5.5, 9.3], [9, 1], [8.4, 2.2], [9.7, 1.5],
]) // prettier-ignore

/** Classes of both: three rows each, in order. */
export const labels = { labels: Int32Array.of(0, 0, 0, 1, 1, 1, 2, 2, 2), numClasses: 3 }
