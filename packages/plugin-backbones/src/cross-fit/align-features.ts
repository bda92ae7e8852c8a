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
  const covariance = new Float64Array(width * width)
  let [sourceSpread, targetSpread] = [0, 0]
  const [from, to] = [new Float64Array(width), new Float64Array(width)]
  for (let start = 0; start < source.length; start += width) {
    for (let j = 0; j < width; j++) {
      from[j] = source[start + j]! - sourceMean[j]!
      to[j] = target[start + j]! - targetMean[j]!
      sourceSpread += from[j]! ** 2
      targetSpread += to[j]! ** 2
    }
    for (let i = 0; i < width; i++) {
      const value = from[i]!
      if (value === 0) continue
      const row = covariance.subarray(i * width, (i + 1) * width)
      for (let j = 0; j < width; j++) row[j]! += value * to[j]!
    }
  }
  // The mean singular value is at most the Frobenius norm over the square root of the width.
  const norm = Math.sqrt(covariance.reduce((sum, value) => sum + value ** 2, 0) / width)
  const pulled = Float64Array.from(covariance)
  for (let i = 0; i < width; i++) pulled[i * width + i]! += norm > 0 ? PULL * norm : 1
  const rotation = polarFactor(pulled, width)
  const gain = rotation.reduce((sum, value, i) => sum + value * covariance[i]!, 0)
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
