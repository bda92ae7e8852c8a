import type { Labels } from '@etsef/plugin-api/models'
import { matrix, type Matrix } from '../numeric/linear-algebra/matrix.js'

/** Describes a table so that a peer can draw the same numbers; see `test-fixtures/make_kernel_svm.py`. */
export interface DrawnTable {
  readonly seed: number
  readonly rows: number
  readonly columns: number
  readonly classes: number
  /** How far apart the classes lie. */
  readonly shift: number
  /** Values are rounded to multiples of 1 / ties. */
  readonly ties?: number
  /** The first column says nothing. */
  readonly constant?: boolean
  /** Factor of the last column. */
  readonly huge?: number
  /** This class of the list has no rows. */
  readonly missing?: number
}

/** `rows + held` rows, `held` of them to be predicted. */
export function drawTable(table: DrawnTable, held: number): { readonly x: Matrix; readonly y: Labels } {
  const { rows, columns, classes, shift, ties, missing } = table
  const uniform = uniforms(table.seed)
  const n = rows + held
  const drawn = Int32Array.from({ length: n }, (_, i) => (i < classes ? i : Math.floor(uniform() * classes)))
  const x = matrix(n, columns)
  for (let i = 0, at = 0; i < n; i++) {
    for (let j = 0; j < columns; j++, at++) {
      let value = uniform() + uniform() + uniform() + uniform() - 2 + (((drawn[i]! * 7 + j * 3) % 5) - 2) * shift
      if (ties !== undefined) value = Math.floor(value * ties + 0.5) / ties
      if (j === 0 && table.constant === true) value = 3
      x.data[at] = j === columns - 1 ? value * (table.huge ?? 1) : value
    }
  }
  const labels = missing === undefined ? drawn : drawn.map((label) => label + Number(label >= missing))
  return { x, y: { labels, numClasses: classes + Number(missing !== undefined) } }
}

/** A generator that is a line in any language; its quality does not matter here. */
function uniforms(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return (state >>> 8) / 2 ** 24
  }
}
