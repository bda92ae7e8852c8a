import type { Rng } from '@etsef/plugin-api'
import { squaredDistances } from './distances.js'
import type { Points } from './distances.js'
import { planarPca } from './pca-start.js'
import { jointProbabilities } from './perplexity.js'
import { tsneCost, tsneGradient } from './t-sne-gradient.js'

/** How t-SNE runs. */
export interface TsneOptions {
  /** Effective number of neighbours, default 30; lowered when there are too few points. */
  readonly perplexity?: number
  /** Gradient steps, default 1000; the first 250 (at most half) with early exaggeration. */
  readonly maxIter?: number
  /** Factor on P during early exaggeration, default 12. */
  readonly earlyExaggeration?: number
  /** Default max(n / earlyExaggeration / 4, 50), as scikit-learn's `auto`. */
  readonly learningRate?: number
  readonly rng: Rng
}

/** A planar embedding. */
export interface TsneResult {
  /** Row-major `[numSamples, 2]`, centred. */
  readonly embedding: Float64Array
  readonly kl: number
  /** Perplexity really used. */
  readonly perplexity: number
  /** Says that the perplexity was lowered and why; null otherwise. */
  readonly warning: string | null
}

/**
 * Exact t-SNE in the plane, float64, O(n²) per step, started from the first two principal components.
 *
 * Optimiser (momentum 0.5 then 0.8, adaptive gains, early exaggeration 12 for 250 steps) as in scikit-learn 1.9; compare KL and
 * trustworthiness with it, not coordinates. t-SNE has no transform: it describes the rows it is given and no others.
 *
 * @param points - At least 4 rows.
 * @throws RangeError with fewer than 4 rows, or for a perplexity below 1.
 * @see van der Maaten and Hinton 2008, Visualizing Data using t-SNE
 */
export function tsne(points: Points, options: TsneOptions): TsneResult {
  const steps = tsneSteps(points, options)
  for (;;) {
    const { done, value } = steps.next()
    if (done === true) return value
  }
}

/** {@link tsne} one gradient step at a time, so that a caller can report progress or stop; yields the number of steps done. */
export function* tsneSteps(points: Points, options: TsneOptions): Generator<number, TsneResult, undefined> {
  const { maxIter = 1000, earlyExaggeration = 12, rng } = options
  const n = points.numSamples
  if (n < 4) throw new RangeError(`t-SNE needs at least 4 rows, got ${n}`)
  const { perplexity, warning } = allowedPerplexity(options.perplexity ?? 30, n)
  const joint = jointProbabilities(squaredDistances(points), n, perplexity)
  const exaggerated = joint.map((p) => p * earlyExaggeration)
  const learningRate = options.learningRate ?? Math.max(n / earlyExaggeration / 4, 50)
  const kernel = new Float64Array(n * n)
  const numEarly = Math.min(250, Math.floor(maxIter / 2))
  const embedding = startPositions(points, rng)
  const descent = { embedding, update: new Float64Array(2 * n), gains: new Float64Array(2 * n).fill(1), learningRate }
  for (let step = 0; step < maxIter; step++) {
    const isEarly = step < numEarly
    if (step === numEarly) resetDescent(descent)
    const gradient = tsneGradient(isEarly ? exaggerated : joint, embedding, kernel)
    descend(descent, gradient, isEarly ? 0.5 : 0.8)
    yield step + 1
    if (step % 50 === 49 && !isEarly && Math.hypot(...extremes(gradient)) < 1e-7) break
  }
  centre(embedding)
  return { embedding, kl: tsneCost(joint, embedding), perplexity, warning }
}

/** The wanted perplexity, or the largest sensible one below (n − 1) / 3 with a warning. */
export function allowedPerplexity(
  wanted: number,
  n: number,
): { readonly perplexity: number; readonly warning: string | null } {
  if (!(wanted >= 1)) throw new RangeError(`perplexity must be at least 1, got ${wanted}`)
  const limit = (n - 1) / 3
  if (wanted < limit) return { perplexity: wanted, warning: null }
  const perplexity = Math.max(1, Math.ceil(limit) - 1)
  return {
    perplexity,
    warning: `perplexity ${wanted} needs more than ${3 * wanted + 1} rows, there are ${n}: lowered to ${perplexity}`,
  }
}

/** PCA scores scaled so that the first component has standard deviation 1e-4; an axis without spread gets noise instead. */
function startPositions(points: Points, rng: Rng): Float64Array {
  const { scores, variances } = planarPca(points, rng.fork('pca'))
  const spread = Math.sqrt(variances[0])
  const noise = rng.fork('noise')
  const isFlat = variances.map((variance) => variance <= variances[0] * 1e-12)
  if (spread === 0) isFlat.fill(true)
  return scores.map((score, i) => (isFlat[i % 2] ? noise.normal() : score / spread) * 1e-4)
}

interface Descent {
  readonly embedding: Float64Array
  readonly update: Float64Array
  readonly gains: Float64Array
  readonly learningRate: number
}

function resetDescent({ update, gains }: Descent): void {
  update.fill(0)
  gains.fill(1)
}

function descend({ embedding, update, gains, learningRate }: Descent, gradient: Float64Array, momentum: number): void {
  for (let i = 0; i < embedding.length; i++) {
    const isTurning = update[i]! * gradient[i]! < 0
    gains[i] = Math.max(0.01, isTurning ? gains[i]! + 0.2 : gains[i]! * 0.8)
    update[i] = momentum * update[i]! - learningRate * gains[i]! * gradient[i]!
    embedding[i] = embedding[i]! + update[i]!
  }
}

function extremes(values: Float64Array): [number, number] {
  return [values.reduce((a, b) => Math.min(a, b), 0), values.reduce((a, b) => Math.max(a, b), 0)]
}

function centre(embedding: Float64Array): void {
  const n = embedding.length / 2
  for (const axis of [0, 1]) {
    let mean = 0
    for (let i = 0; i < n; i++) mean += embedding[2 * i + axis]! / n
    for (let i = 0; i < n; i++) embedding[2 * i + axis] = embedding[2 * i + axis]! - mean
  }
}
