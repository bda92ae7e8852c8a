/** Largest change of an entry, relative to the factor's entries of size one at most, at which the iteration ends. */
const TOLERANCE = 1e-12
const MAX_ITERATIONS = 60

/**
 * The orthogonal factor of a matrix's polar decomposition: of all orthogonal matrices the one with the largest `trace(Uᵀ A)`.
 *
 * Newton's iteration `X ← (γX + (γX)⁻ᵀ) / 2` with the norm scaling γ; each step inverts once, so it costs about ten inversions.
 *
 * @param matrix - Row-major `[size, size]`, not singular.
 * @returns Row-major `[size, size]`.
 * @throws RangeError for a singular matrix.
 * @see Higham 1986, Computing the polar decomposition – with applications, SIAM J. Sci. Stat. Comput. 7(4)
 */
export function polarFactor(matrix: Float64Array, size: number): Float64Array {
  let x = Float64Array.from(matrix)
  for (let iteration = 0; iteration < MAX_ITERATIONS; iteration++) {
    const inverse = invert(x, size)
    const gamma = Math.sqrt(
      Math.sqrt((oneNorm(inverse, size) * infinityNorm(inverse, size)) / (oneNorm(x, size) * infinityNorm(x, size))),
    )
    // Near the end scaling only disturbs.
    const scale = Math.abs(gamma - 1) < 1e-2 ? 1 : gamma
    const next = new Float64Array(x.length)
    let change = 0
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) {
        const value = (scale * x[i * size + j]! + inverse[j * size + i]! / scale) / 2
        change = Math.max(change, Math.abs(value - x[i * size + j]!))
        next[i * size + j] = value
      }
    }
    x = next
    if (change <= TOLERANCE) break
  }
  return x
}

/** Inverse by Gauss–Jordan elimination with row pivoting. @throws RangeError for a singular matrix. */
export function invert(matrix: Float64Array, size: number): Float64Array {
  const a = Float64Array.from(matrix)
  const order = Int32Array.from({ length: size }, (_, i) => i)
  for (let k = 0; k < size; k++) {
    let pivot = k
    for (let i = k + 1; i < size; i++) if (Math.abs(a[i * size + k]!) > Math.abs(a[pivot * size + k]!)) pivot = i
    if (!(Math.abs(a[pivot * size + k]!) > 0)) throw new RangeError('the matrix is singular')
    if (pivot !== k) {
      for (let j = 0; j < size; j++) {
        const held = a[k * size + j]!
        a[k * size + j] = a[pivot * size + j]!
        a[pivot * size + j] = held
      }
      ;[order[k], order[pivot]] = [order[pivot]!, order[k]!]
    }
    const row = a.subarray(k * size, (k + 1) * size)
    const factor = 1 / row[k]!
    row[k] = 1
    for (let j = 0; j < size; j++) row[j]! *= factor
    for (let i = 0; i < size; i++) {
      if (i === k) continue
      const other = a.subarray(i * size, (i + 1) * size)
      const by = other[k]!
      if (by === 0) continue
      other[k] = 0
      for (let j = 0; j < size; j++) other[j]! -= by * row[j]!
    }
  }
  // Rows were exchanged on the way in, so columns are on the way out.
  const inverse = new Float64Array(a.length)
  for (let i = 0; i < size; i++) for (let j = 0; j < size; j++) inverse[i * size + order[j]!] = a[i * size + j]!
  return inverse
}

function oneNorm(x: Float64Array, size: number): number {
  const sums = new Float64Array(size)
  for (let i = 0; i < x.length; i++) sums[i % size]! += Math.abs(x[i]!)
  return sums.reduce((a, b) => Math.max(a, b), 0)
}

function infinityNorm(x: Float64Array, size: number): number {
  let norm = 0
  for (let i = 0; i < size; i++) {
    let sum = 0
    for (let j = 0; j < size; j++) sum += Math.abs(x[i * size + j]!)
    norm = Math.max(norm, sum)
  }
  return norm
}
