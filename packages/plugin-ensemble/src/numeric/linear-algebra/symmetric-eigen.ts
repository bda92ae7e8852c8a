import type { Matrix } from './matrix.js'
import { matrix } from './matrix.js'
import { applyReflectors, tridiagonalise } from './tridiagonal.js'

/** Eigenpairs of a symmetric matrix, largest eigenvalue first. */
export interface Eigen {
  /** Descending. */
  readonly values: Float64Array
  /** Row i is the unit eigenvector of `values[i]`. */
  readonly vectors: Matrix
}

/**
 * Eigenvalues and eigenvectors of a symmetric matrix, largest first.
 *
 * Householder reduction to a tridiagonal matrix, then implicit QL. When only a few of many vectors are asked for, QL
 * gives the values alone and inverse iteration the vectors, which avoids the cubic cost of accumulating rotations.
 *
 * @param a - Symmetric `[d, d]`; only the lower triangle is read, and it is left alone.
 * @param count - How many of the largest pairs, 1 to d; default all.
 * @returns Unit vectors, orthogonal to rounding. Signs are not fixed.
 * @throws RangeError when QL does not settle in 60 sweeps a value, which finite input does not cause.
 * @see Golub and Van Loan, Matrix Computations, 4th ed., 8.3 and 8.4.
 */
export function symmetricEigen(a: Matrix, count = a.numFeatures): Eigen {
  const d = a.numFeatures
  const wanted = Math.min(count, d)
  const { diagonal, offDiagonal, reflectors } = tridiagonalise(a)
  const basis =
    wanted * 3 < d && d > 32 ? someVectors(diagonal, offDiagonal, wanted) : allVectors(diagonal, offDiagonal, wanted)
  return { values: basis.values, vectors: applyReflectors(reflectors, basis.vectors) }
}

function allVectors(diagonal: Float64Array, offDiagonal: Float64Array, count: number): Eigen {
  const d = diagonal.length
  const values = diagonal.slice()
  // Row i of `vectors` is the i-th eigenvector of the tridiagonal matrix.
  const vectors = matrix(d, d)
  for (let i = 0; i < d; i++) vectors.data[i * d + i] = 1
  implicitQl(values, offDiagonal.slice(), vectors.data)
  return largest(values, vectors, count)
}

function largest(values: Float64Array, vectors: Matrix, count: number): Eigen {
  const d = values.length
  const order = Array.from(values.keys()).sort((p, q) => values[q]! - values[p]! || p - q)
  const picked = matrix(count, d)
  const sorted = new Float64Array(count)
  for (let r = 0; r < count; r++) {
    const from = order[r]!
    sorted[r] = values[from]!
    picked.data.set(vectors.data.subarray(from * d, (from + 1) * d), r * d)
  }
  return { values: sorted, vectors: picked }
}

/** Implicit QL on (diagonal d, off-diagonal e with e[i] between i and i + 1); rotations applied to rows of z if given. */
function implicitQl(d: Float64Array, e: Float64Array, z: Float64Array | undefined): void {
  const n = d.length
  for (let l = 0; l < n; l++) {
    for (let sweep = 0; ; sweep++) {
      let m = l
      for (; m < n - 1; m++) {
        const scale = Math.abs(d[m]!) + Math.abs(d[m + 1]!)
        if (Math.abs(e[m]!) <= Number.EPSILON * scale) break
      }
      if (m === l) break
      if (sweep === 60) throw new RangeError('symmetricEigen: no convergence; is the matrix finite?')
      let g = (d[l + 1]! - d[l]!) / (2 * e[l]!)
      let r = Math.hypot(g, 1)
      g = d[m]! - d[l]! + e[l]! / (g + (g >= 0 ? r : -r))
      let s = 1
      let c = 1
      let p = 0
      let i = m - 1
      for (; i >= l; i--) {
        let f = s * e[i]!
        const b = c * e[i]!
        r = Math.sqrt(f * f + g * g)
        e[i + 1] = r
        if (r === 0) {
          d[i + 1]! -= p
          e[m] = 0
          break
        }
        s = f / r
        c = g / r
        g = d[i + 1]! - p
        r = (d[i]! - g) * s + 2 * c * b
        p = s * r
        d[i + 1] = g + p
        g = c * r - b
        if (z !== undefined) {
          const [at, next] = [i * n, (i + 1) * n]
          for (let k = 0; k < n; k++) {
            f = z[next + k]!
            const h = z[at + k]!
            z[next + k] = s * h + c * f
            z[at + k] = c * h - s * f
          }
        }
      }
      if (r === 0 && i >= l) continue
      d[l]! -= p
      e[l] = g
      e[m] = 0
    }
  }
}

/** The largest pairs by inverse iteration, each vector made orthogonal to those before it. */
function someVectors(diagonal: Float64Array, offDiagonal: Float64Array, count: number): Eigen {
  const d = diagonal.length
  const all = diagonal.slice()
  implicitQl(all, offDiagonal.slice(), undefined)
  const values = all.sort().reverse().slice(0, count)
  const vectors = matrix(count, d)
  let norm = 0
  for (let i = 0; i < d; i++) norm = Math.max(norm, Math.abs(diagonal[i]!) + Math.abs(offDiagonal[i] ?? 0))
  const spacing = norm * Number.EPSILON
  let shift = Infinity
  for (let r = 0; r < count; r++) {
    // Equal eigenvalues need distinct shifts, or inverse iteration would return one vector twice.
    shift = Math.min(values[r]!, shift - 2 * spacing)
    const v = vectors.data.subarray(r * d, (r + 1) * d)
    const factors = factorise(diagonal, offDiagonal, shift, spacing)
    for (let i = 0; i < d; i++) v[i] = 1 + 0.5 * Math.sin(1.7 * i + r)
    for (let pass = 0; pass < 5; pass++) {
      backSolve(factors, v, pass > 0)
      orthonormalise(vectors, r)
    }
  }
  return { values, vectors }
}

/** LU of the shifted tridiagonal matrix with row exchanges: three upper diagonals and the multipliers. */
interface TridiagonalLu {
  readonly u0: Float64Array
  readonly u1: Float64Array
  readonly u2: Float64Array
  readonly factor: Float64Array
  readonly exchanged: Uint8Array
}

function factorise(diagonal: Float64Array, offDiagonal: Float64Array, shift: number, tiny: number): TridiagonalLu {
  const n = diagonal.length
  const lu = {
    u0: new Float64Array(n),
    u1: new Float64Array(n),
    u2: new Float64Array(n),
    factor: new Float64Array(n),
    exchanged: new Uint8Array(n),
  }
  let head = diagonal[0]! - shift
  let side = n > 1 ? offDiagonal[0]! : 0
  for (let i = 0; i < n - 1; i++) {
    const below = offDiagonal[i]!
    const next = diagonal[i + 1]! - shift
    const nextSide = i + 2 < n ? offDiagonal[i + 1]! : 0
    if (Math.abs(below) > Math.abs(head)) {
      lu.exchanged[i] = 1
      lu.u0[i] = below
      lu.u1[i] = next
      lu.u2[i] = nextSide
      lu.factor[i] = head / below
      head = side - lu.factor[i]! * next
      side = -lu.factor[i]! * nextSide
    } else {
      lu.u0[i] = head === 0 ? tiny : head
      lu.u1[i] = side
      lu.factor[i] = below / lu.u0[i]!
      head = next - lu.factor[i]! * side
      side = nextSide
    }
  }
  lu.u0[n - 1] = Math.abs(head) < tiny ? tiny : head
  return lu
}

function backSolve(lu: TridiagonalLu, v: Float64Array, forward: boolean): void {
  const n = v.length
  if (forward) {
    for (let i = 0; i < n - 1; i++) {
      if (lu.exchanged[i]) {
        const held = v[i]!
        v[i] = v[i + 1]!
        v[i + 1] = held - lu.factor[i]! * v[i]!
      } else {
        v[i + 1]! -= lu.factor[i]! * v[i]!
      }
    }
  }
  for (let i = n - 1; i >= 0; i--) {
    const right = (i + 1 < n ? lu.u1[i]! * v[i + 1]! : 0) + (i + 2 < n ? lu.u2[i]! * v[i + 2]! : 0)
    v[i] = (v[i]! - right) / lu.u0[i]!
  }
}

/** Scales row r to length one after taking off its part along the rows before it, twice for safety. */
function orthonormalise(vectors: Matrix, r: number): void {
  const d = vectors.numFeatures
  const v = vectors.data.subarray(r * d, (r + 1) * d)
  scaleToUnit(v)
  for (let pass = 0; pass < 2; pass++) {
    for (let q = 0; q < r; q++) {
      const w = vectors.data.subarray(q * d, (q + 1) * d)
      let along = 0
      for (let k = 0; k < d; k++) along += v[k]! * w[k]!
      for (let k = 0; k < d; k++) v[k]! -= along * w[k]!
    }
    scaleToUnit(v)
  }
}

function scaleToUnit(v: Float64Array): void {
  let largest = 0
  for (const value of v) largest = Math.max(largest, Math.abs(value))
  if (largest === 0 || !Number.isFinite(largest)) return
  let sum = 0
  for (let k = 0; k < v.length; k++) {
    v[k]! /= largest
    sum += v[k]! * v[k]!
  }
  const length = Math.sqrt(sum)
  for (let k = 0; k < v.length; k++) v[k]! /= length
}
