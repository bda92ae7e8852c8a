import { polarFactor } from './polar-factor.js'

/** A similarity map between two feature spaces of one width: `(f - sourceMean) · matrix + targetMean`. */
export interface Alignment {
  /** Rotation or reflection times scale, row-major `[width, width]`. */
  readonly matrix: Float32Array
  readonly sourceMean: Float32Array
  readonly targetMean: Float32Array
  /** What is left after mapping, as a share of the target's spread around its mean: 0 is a perfect map, 1 none at all. */
  readonly residual: number
}

/** Share of the mean singular value of the cross-covariance that pulls towards the identity. */
const PULL = 1e-3

/**
 * Orthogonal Procrustes with centring and scaling: the rotation (or reflection), scale and shift that bring the source rows closest to
 * the target rows.
 *
 * Directions that few rows tell apart are pulled towards the identity, since the two networks start from the same weights; it also
 * makes the answer unique with fewer rows than columns.
 *
 * @param source - Features of one network, row-major `[numRows, width]`.
 * @param target - Features of the other, of the same rows.
 * @see Schönemann 1966, A generalized solution of the orthogonal Procrustes problem, Psychometrika 31(1)
 */
export function fitAlignment(source: Float32Array, target: Float32Array, width: number): Alignment {
  const [sourceMean, targetMean] = [meanOf(source, width), meanOf(target, width)]
  const [from, to] = [centred(source, sourceMean), centred(target, targetMean)]
  // With few rows, everything happens in the space they span, and the rest stays as it is.
  const basis = (2 * from.length) / width < width ? orthonormalRows([from, to], width) : undefined
  const inner = basis === undefined ? width : basis.length / width
  const [a, b] = basis === undefined ? [from, to] : [onto(from, basis, width), onto(to, basis, width)]
  const covariance = crossProduct(a, b, inner)
  // The mean singular value is at most the Frobenius norm over the square root of the width.
  const norm = Math.sqrt(sumOfSquares(covariance) / width)
  const pulled = Float64Array.from(covariance)
  for (let i = 0; i < inner; i++) pulled[i * inner + i]! += norm > 0 ? PULL * norm : 1
  const innerRotation = polarFactor(pulled, inner)
  const gain = innerRotation.reduce((sum, value, i) => sum + value * covariance[i]!, 0)
  const rotation = basis === undefined ? innerRotation : widened(innerRotation, basis, width)
  const [sourceSpread, targetSpread] = [sumOfSquares(from), sumOfSquares(to)]
  const scale = sourceSpread > 0 && gain > 0 ? gain / sourceSpread : 1
  const left = targetSpread - 2 * scale * gain + scale ** 2 * sourceSpread
  return {
    matrix: Float32Array.from(rotation, (value) => scale * value),
    sourceMean: Float32Array.from(sourceMean),
    targetMean: Float32Array.from(targetMean),
    residual: targetSpread > 0 ? Math.sqrt(Math.max(0, left) / targetSpread) : 0,
  }
}

/** Source features in the target's space; fresh array. */
export function align({ matrix, sourceMean, targetMean }: Alignment, features: Float32Array): Float32Array {
  const width = sourceMean.length
  const aligned = new Float32Array(features.length)
  const sums = new Float64Array(width)
  for (let start = 0; start < features.length; start += width) {
    sums.set(targetMean)
    for (let i = 0; i < width; i++) {
      const value = features[start + i]! - sourceMean[i]!
      for (let j = 0; j < width; j++) sums[j]! += value * matrix[i * width + j]!
    }
    aligned.set(sums, start)
  }
  return aligned
}

function meanOf(features: Float32Array, width: number): Float64Array {
  const mean = new Float64Array(width)
  for (let i = 0; i < features.length; i++) mean[i % width]! += features[i]!
  const numRows = features.length / width
  return mean.map((sum) => sum / numRows)
}

function centred(features: Float32Array, mean: Float64Array): Float64Array {
  return Float64Array.from(features, (value, i) => value - mean[i % mean.length]!)
}

/** `aᵀ b`, row-major `[width, width]`. */
function crossProduct(a: Float64Array, b: Float64Array, width: number): Float64Array {
  const product = new Float64Array(width * width)
  for (let start = 0; start < a.length; start += width) {
    for (let i = 0; i < width; i++) {
      const value = a[start + i]!
      if (value === 0) continue
      for (let j = 0; j < width; j++) product[i * width + j]! += value * b[start + j]!
    }
  }
  return product
}

/** An orthonormal basis of the rows, one vector a row: Gram–Schmidt, twice for accuracy; rows that add nothing are left out. */
function orthonormalRows(tables: readonly Float64Array[], width: number): Float64Array {
  const kept: Float64Array[] = []
  const largest = Math.sqrt(Math.max(...tables.map(sumOfSquares)))
  for (const table of tables) {
    for (let start = 0; start < table.length; start += width) {
      const row = table.slice(start, start + width)
      for (let pass = 0; pass < 2; pass++) {
        for (const vector of kept) {
          let along = 0
          for (let j = 0; j < width; j++) along += row[j]! * vector[j]!
          for (let j = 0; j < width; j++) row[j]! -= along * vector[j]!
        }
      }
      const length = Math.sqrt(sumOfSquares(row))
      if (length > 1e-9 * largest) kept.push(row.map((value) => value / length))
    }
  }
  const basis = new Float64Array(kept.length * width)
  kept.forEach((vector, i) => {
    basis.set(vector, i * width)
  })
  return basis
}

/** Coordinates of rows in a basis. */
function onto(rows: Float64Array, basis: Float64Array, width: number): Float64Array {
  const inner = basis.length / width
  const coordinates = new Float64Array((rows.length / width) * inner)
  for (let start = 0, at = 0; start < rows.length; start += width) {
    for (let i = 0; i < inner; i++, at++) {
      for (let j = 0; j < width; j++) coordinates[at]! += rows[start + j]! * basis[i * width + j]!
    }
  }
  return coordinates
}

/** The map that is `inner` in the space of a basis, and the identity across it: `I + Qᵀ (inner - I) Q`. */
function widened(inner: Float64Array, basis: Float64Array, width: number): Float64Array {
  const size = basis.length / width
  const wide = new Float64Array(width * width)
  for (let i = 0; i < width; i++) wide[i * width + i] = 1
  for (let a = 0; a < size; a++) {
    const row = new Float64Array(width)
    for (let b = 0; b < size; b++) {
      const value = inner[a * size + b]! - (a === b ? 1 : 0)
      for (let j = 0; j < width; j++) row[j]! += value * basis[b * width + j]!
    }
    for (let i = 0; i < width; i++) {
      const value = basis[a * width + i]!
      for (let j = 0; j < width; j++) wide[i * width + j]! += value * row[j]!
    }
  }
  return wide
}

function sumOfSquares(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value ** 2, 0)
}
