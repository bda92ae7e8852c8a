import { chiSquaredSurvival } from '@etsef/distributions'

/** A statistic with its p value. */
export interface TestResult {
  readonly statistic: number
  readonly p: number
}

/**
 * Cochran's Q: do `numClassifiers` classifiers have the same accuracy on the same rows?
 *
 * @param isRight - Row-major 0/1 `[numSamples, numClassifiers]`.
 * @param numClassifiers - Columns, at least 2.
 * @returns Q, chi-squared with `numClassifiers − 1` degrees of freedom; p = 1 when no row tells the classifiers apart.
 */
export function cochranQ(isRight: ArrayLike<number>, numClassifiers: number): TestResult {
  if (numClassifiers < 2 || isRight.length % numClassifiers !== 0) {
    throw new RangeError(`${isRight.length} entries do not form rows of ${numClassifiers} classifiers (at least 2)`)
  }
  const columns = new Float64Array(numClassifiers)
  let total = 0
  let rowSquares = 0
  for (let start = 0; start < isRight.length; start += numClassifiers) {
    let row = 0
    for (let c = 0; c < numClassifiers; c++) {
      row += isRight[start + c]!
      columns[c] = columns[c]! + isRight[start + c]!
    }
    total += row
    rowSquares += row * row
  }
  const columnSquares = columns.reduce((sum, value) => sum + value * value, 0)
  const denominator = numClassifiers * total - rowSquares
  if (denominator === 0) return { statistic: 0, p: 1 }
  const statistic = ((numClassifiers - 1) * (numClassifiers * columnSquares - total * total)) / denominator
  return { statistic, p: chiSquaredSurvival(statistic, numClassifiers - 1) }
}
