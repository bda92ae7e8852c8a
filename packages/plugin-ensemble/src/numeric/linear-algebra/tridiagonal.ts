import { openKernels } from '../kernels/kernels.js'
import type { Matrix } from './matrix.js'
import { matrix } from './matrix.js'

/** `Qᵀ A Q` as two diagonals, with Q as Householder vectors. */
export interface Tridiagonal {
  readonly diagonal: Float64Array
  /** Entry i lies between i and i + 1; length d with a last zero. */
  readonly offDiagonal: Float64Array
  readonly reflectors: Reflectors
}

/** Householder vectors: row k of `vectors` acts on entries `0 … k − 1`, scaled so that `H = I − v vᵀ / half[k]`. */
export interface Reflectors {
  readonly vectors: Matrix
  readonly half: Float64Array
}

/**
 * Reduces a symmetric matrix to tridiagonal form, reading and writing only its lower triangle along rows.
 *
 * @param a - Symmetric `[d, d]`; left alone.
 * @see Golub and Van Loan, algorithm 8.3.1, run from the last row upwards.
 */
export function tridiagonalise(a: Matrix): Tridiagonal {
  const d = a.numFeatures
  const { work, p, multiplyLower, rankTwo } = workspace(a)
  const diagonal = new Float64Array(d)
  const offDiagonal = new Float64Array(d)
  const half = new Float64Array(d)
  for (let k = d - 1; k > 0; k--) {
    const v = work.subarray(k * d, k * d + k)
    diagonal[k] = work[k * d + k]!
    offDiagonal[k - 1] = reflect(v, half, k)
    if (half[k] === 0) continue
    multiplyLower(k, v)
    let inner = 0
    for (let i = 0; i < k; i++) {
      p[i]! /= half[k]!
      inner += p[i]! * v[i]!
    }
    inner /= 2 * half[k]!
    for (let i = 0; i < k; i++) p[i]! -= inner * v[i]!
    rankTwo(k, v)
  }
  diagonal[0] = work[0]!
  return { diagonal, offDiagonal, reflectors: { vectors: matrix(d, d, work), half } }
}

/** A copy of the matrix, a vector, and the two loops that take the time; v is row k of the copy. */
interface Workspace {
  readonly work: Float64Array
  readonly p: Float64Array
  /** `p = A v` for the leading k × k block. */
  multiplyLower(this: void, k: number, v: Float64Array): void
  /** `A −= v pᵀ + p vᵀ` for the leading k × k block. */
  rankTwo(this: void, k: number, v: Float64Array): void
}

/** Columns from which copying into the kernels' memory pays. */
const large = 128

function workspace(a: Matrix): Workspace {
  const d = a.numFeatures
  const opened = d < large ? undefined : openKernels(8 * (d * d + d))
  if (opened !== undefined) {
    const { exports, buffer } = opened
    const work = new Float64Array(buffer, 0, d * d)
    work.set(a.data)
    const pAt = 8 * d * d
    return {
      work,
      p: new Float64Array(buffer, pAt, d),
      multiplyLower: (k) => exports.lowerTimes(0, d, k, 8 * k * d, pAt),
      rankTwo: (k) => exports.rankTwo(0, d, k, 8 * k * d, pAt),
    }
  }
  const work = a.data.slice()
  const p = new Float64Array(d)
  return {
    work,
    p,
    multiplyLower: (k, v) => multiplyLower(work, d, k, v, p),
    rankTwo: (k, v) => {
      for (let i = 0; i < k; i++) {
        const at = i * d
        const vi = v[i]!
        const pi = p[i]!
        for (let j = 0; j <= i; j++) work[at + j]! -= vi * p[j]! + pi * v[j]!
      }
    },
  }
}

/** Turns v into a Householder vector that maps it onto its last axis; returns the entry left there. */
function reflect(v: Float64Array, half: Float64Array, k: number): number {
  const last = v[k - 1]!
  let scale = 0
  for (let i = 0; i < k - 1; i++) scale = Math.max(scale, Math.abs(v[i]!))
  if (scale === 0) return last
  scale = Math.max(scale, Math.abs(last))
  let sum = 0
  for (let i = 0; i < k; i++) sum += (v[i]! / scale) * (v[i]! / scale)
  const length = scale * Math.sqrt(sum)
  const end = last > 0 ? -length : length
  v[k - 1] = last - end
  half[k] = length * length - last * end
  if (half[k] === 0) v[k - 1] = last
  return half[k] === 0 ? last : end
}

/** `p = A v` for the leading k × k block, from its lower triangle. */
function multiplyLower(a: Float64Array, d: number, k: number, v: Float64Array, p: Float64Array): void {
  p.fill(0, 0, k)
  for (let i = 0; i < k; i++) {
    const at = i * d
    const vi = v[i]!
    let sum = a[at + i]! * vi
    for (let j = 0; j < i; j++) {
      const value = a[at + j]!
      sum += value * v[j]!
      p[j]! += value * vi
    }
    p[i]! += sum
  }
}

/** Carries vectors of the tridiagonal matrix (rows) back to vectors of the original one, in place. */
export function applyReflectors(reflectors: Reflectors, rows: Matrix): Matrix {
  const d = rows.numFeatures
  const { vectors, half } = reflectors
  for (let r = 0; r < rows.numSamples; r++) {
    const x = rows.data.subarray(r * d, (r + 1) * d)
    for (let k = 1; k < d; k++) {
      if (half[k] === 0) continue
      const at = k * d
      let along = 0
      for (let i = 0; i < k; i++) along += vectors.data[at + i]! * x[i]!
      along /= half[k]!
      for (let i = 0; i < k; i++) x[i]! -= along * vectors.data[at + i]!
    }
  }
  return rows
}
