/** What a batch of embeddings says of a training, beside its loss. */
export interface EmbeddingMonitors {
  /** Mean standard deviation of the unit rows' columns: about 1/√width when healthy, 0 when all are equal. */
  readonly std: number
  /** Number of directions that the unit rows use, from 1 to their width; undefined where it was not asked for. */
  readonly rankMe: number | undefined
  /** Mean squared distance of the two views of a picture: 0 when they cannot be told apart. */
  readonly alignment: number
  /** Log of the mean Gaussian potential of all pairs: 0 when all are equal, the lower the more evenly they cover the sphere. */
  readonly uniformity: number
}

/**
 * Monitors of projections; rows `k` and `N + k` are the two views of a picture.
 *
 * @param values - Row-major `[rows, width]`, any scale.
 * @param hasRank - Whether RankMe is wanted, which takes by far the longest.
 */
export function embeddingMonitors(values: ArrayLike<number>, rows: number, hasRank = true): EmbeddingMonitors {
  const unit = unitRows(values, rows)
  return {
    std: unitStd(unit, rows),
    rankMe: hasRank ? rankMe(unit, rows) : undefined,
    alignment: alignment(unit, rows),
    uniformity: uniformity(unit, rows),
  }
}

/** Rows divided by their lengths; a row of zeros stays. */
export function unitRows(values: ArrayLike<number>, rows: number): Float64Array {
  const width = values.length / rows
  const unit = new Float64Array(values.length)
  for (let r = 0; r < rows; r++) {
    let square = 0
    for (let c = 0; c < width; c++) square += values[r * width + c]! ** 2
    const norm = Math.sqrt(square) || 1
    for (let c = 0; c < width; c++) unit[r * width + c] = values[r * width + c]! / norm
  }
  return unit
}

/** Mean over columns of the standard deviation (ddof 1). @see lightly `std_of_l2_normalized` */
function unitStd(unit: Float64Array, rows: number): number {
  const width = unit.length / rows
  let total = 0
  for (let c = 0; c < width; c++) {
    let mean = 0
    for (let r = 0; r < rows; r++) mean += unit[r * width + c]! / rows
    let square = 0
    for (let r = 0; r < rows; r++) square += (unit[r * width + c]! - mean) ** 2
    total += Math.sqrt(square / (rows - 1))
  }
  return total / width
}

/**
 * Exponential of the entropy of the normalised singular values.
 *
 * @see Garrido et al. 2023, RankMe, arXiv:2210.02885, eq. 3
 */
function rankMe(unit: Float64Array, rows: number): number {
  const singular = singularValues(unit, rows)
  const sum = singular.reduce((total, value) => total + value, 0)
  if (sum === 0) return 1
  let entropy = 0
  for (const value of singular) {
    const share = value / sum + 1e-7
    entropy -= share * Math.log(share)
  }
  return Math.exp(entropy)
}

function alignment(unit: Float64Array, rows: number): number {
  const half = unit.length / 2
  let sum = 0
  for (let i = 0; i < half; i++) sum += (unit[i]! - unit[half + i]!) ** 2
  return sum / (rows / 2)
}

/** @see Wang & Isola 2020, arXiv:2005.10242, with t = 2 */
function uniformity(unit: Float64Array, rows: number): number {
  const width = unit.length / rows
  let sum = 0
  for (let a = 0; a < rows; a++) {
    for (let b = 0; b < a; b++) sum += Math.exp(4 * dot(unit, a, b, width) - 4)
  }
  return Math.log(sum / ((rows * (rows - 1)) / 2))
}

function dot(values: Float64Array, a: number, b: number, width: number): number {
  let sum = 0
  for (let c = 0; c < width; c++) sum += values[a * width + c]! * values[b * width + c]!
  return sum
}

/** Singular values by one-sided Jacobi rotations of the shorter side's vectors. */
function singularValues(values: Float64Array, rows: number): number[] {
  const columns = values.length / rows
  const count = Math.min(rows, columns)
  const length = Math.max(rows, columns)
  const vectors = Array.from({ length: count }, (_, i) =>
    Float64Array.from({ length }, (_unused, j) =>
      rows <= columns ? values[i * columns + j]! : values[j * columns + i]!,
    ),
  )
  for (let sweep = 0; sweep < 30; sweep++) {
    let isDone = true
    for (let p = 1; p < count; p++) for (let q = 0; q < p; q++) if (rotate(vectors[p]!, vectors[q]!)) isDone = false
    if (isDone) break
  }
  return vectors.map((vector) => Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0)))
}

/** Makes two vectors orthogonal; `false` when they were. */
function rotate(x: Float64Array, y: Float64Array): boolean {
  let [xx, yy, xy] = [0, 0, 0]
  for (let i = 0; i < x.length; i++) {
    xx += x[i]! * x[i]!
    yy += y[i]! * y[i]!
    xy += x[i]! * y[i]!
  }
  // Single precision came in: finer angles are noise.
  if (Math.abs(xy) <= 1e-9 * Math.sqrt(xx * yy) + 1e-18) return false
  const slope = (yy - xx) / (2 * xy)
  const t = (slope < 0 ? -1 : 1) / (Math.abs(slope) + Math.sqrt(1 + slope * slope))
  const cosine = 1 / Math.sqrt(1 + t * t)
  for (let i = 0; i < x.length; i++) {
    const [a, b] = [x[i]!, y[i]!]
    x[i] = cosine * (a - t * b)
    y[i] = cosine * (t * a + b)
  }
  return true
}
