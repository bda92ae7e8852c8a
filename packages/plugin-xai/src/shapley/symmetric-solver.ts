/**
 * Solves `A x = b` for a symmetric positive definite matrix, by Cholesky's decomposition, which is made once for any number of right sides.
 *
 * @param matrix - Row-major `[n, n]`.
 * @returns The solution for a right side.
 * @throws RangeError when the matrix is not positive definite.
 */
export function symmetricSolver(matrix: Float64Array, n: number): (right: Float64Array) => Float64Array {
  const lower = new Float64Array(n * n)
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * n + j]!
      for (let k = 0; k < j; k++) sum -= lower[i * n + k]! * lower[j * n + k]!
      if (i === j && !(sum > 0)) throw new RangeError('the matrix is not positive definite')
      lower[i * n + j] = i === j ? Math.sqrt(sum) : sum / lower[j * n + j]!
    }
  return (right) => {
    const x = Float64Array.from(right)
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < i; k++) x[i]! -= lower[i * n + k]! * x[k]!
      x[i]! /= lower[i * n + i]!
    }
    for (let i = n - 1; i >= 0; i--) {
      for (let k = i + 1; k < n; k++) x[i]! -= lower[k * n + i]! * x[k]!
      x[i]! /= lower[i * n + i]!
    }
    return x
  }
}
