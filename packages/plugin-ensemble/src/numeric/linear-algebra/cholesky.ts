/**
 * Lower Cholesky factor of a symmetric positive definite matrix, in place.
 *
 * @param a - `[d, d]` row-major; the lower triangle is replaced, the upper one ignored.
 * @returns Whether the matrix was positive definite; the content is undefined when it was not.
 */
export function choleskyInPlace(a: Float64Array, d: number): boolean {
  for (let i = 0; i < d; i++) {
    const rowI = i * d
    for (let j = 0; j <= i; j++) {
      const rowJ = j * d
      let sum = a[rowI + j]!
      for (let k = 0; k < j; k++) sum -= a[rowI + k]! * a[rowJ + k]!
      if (i === j) {
        if (!(sum > 0)) return false
        a[rowI + i] = Math.sqrt(sum)
      } else {
        a[rowI + j] = sum / a[rowJ + j]!
      }
    }
  }
  return true
}

/** Solves `L Lᵀ x = b` in place, for the factor of {@link choleskyInPlace}. */
export function choleskySolve(factor: Float64Array, d: number, b: Float64Array): void {
  for (let i = 0; i < d; i++) {
    let sum = b[i]!
    for (let k = 0; k < i; k++) sum -= factor[i * d + k]! * b[k]!
    b[i] = sum / factor[i * d + i]!
  }
  for (let i = d - 1; i >= 0; i--) {
    b[i]! /= factor[i * d + i]!
    const solved = b[i]!
    for (let k = 0; k < i; k++) b[k]! -= factor[i * d + k]! * solved
  }
}
