import { createRng, PipelineError } from '@etsef/plugin-api'
import { checkFeatures, checkWidth } from '@etsef/plugin-api/models'
import { openCrew, type Crew } from '../../numeric/kernels/crew.js'
import { centre, columnMeans, matrix, transpose, type Matrix } from '../../numeric/linear-algebra/matrix.js'
import { multiply, multiplyTransposed } from '../../numeric/linear-algebra/products.js'
import { principalDirections } from '../../numeric/linear-algebra/pca.js'
import { findUnmixing } from './parallel-fixed-point.js'

/** Options of {@link fitFastIca}; names and defaults as in scikit-learn, except that `seed` is required. */
export interface FastIcaOptions {
  /** Number of sources; lowered to what the rows, the columns and their rank allow. */
  readonly components: number
  /** Stop when no row of the unmixing matrix turns by more than this; default 1e-4. */
  readonly tol?: number
  /** Iterations before giving up; default 200. */
  readonly maxIter?: number
  readonly seed: string | number
  /** Starting matrix `[components, components]`; drawn from `seed` when absent. */
  readonly wInit?: Matrix
  /** Threads to work with, default 1; the result does not depend on it. */
  readonly threads?: number
}

/** What {@link fitFastIca} learns. */
export interface FastIcaModel {
  readonly kind: 'fast-ica'
  readonly means: Float64Array
  /** `[numComponents, numFeatures]`: sources are `(x − means) · componentsᵀ`, of unit variance on the training rows. */
  readonly components: Matrix
  readonly numIterations: number
  readonly converged: boolean
  /** What was asked for, when fewer components could be had. */
  readonly requestedComponents: number
}

/**
 * Independent components by parallel FastICA with the logcosh contrast, in float64.
 *
 * A projection, not a selection: every component mixes all columns, and sign and order mean nothing. On data that is not
 * a mixture of independent sources the result depends on the start, so fix the seed and read `converged`.
 *
 * @param x - `[numSamples, numFeatures]`, two rows or more.
 * @returns Unit-variance sources (divisor n); fewer than asked for when min(numSamples, numFeatures) or the rank is lower.
 * @throws PipelineError `ERR_TOO_FEW_ROWS`, `ERR_NOT_FINITE`; `ERR_BAD_DATA` when every column is constant;
 * `ERR_SHAPE_MISMATCH` for a `wInit` of another size.
 * @see Hyvärinen and Oja 2000, Independent component analysis: algorithms and applications. scikit-learn 1.9 FastICA with
 * `whiten='unit-variance'`: the same path and the same sources (up to row signs of whitening) for the same `w_init`.
 */
export function fitFastIca(x: Matrix, options: FastIcaOptions): FastIcaModel {
  checkFeatures(x, 2)
  const crew = x.data.length > worthThreads ? openCrew(options.threads ?? 1) : undefined
  try {
    return fitWith(x, options, crew)
  } finally {
    crew?.close()
  }
}

/** Values below which starting a thread takes longer than it saves. */
const worthThreads = 2e5

function fitWith(x: Matrix, options: FastIcaOptions, crew: Crew | undefined): FastIcaModel {
  const means = columnMeans(x)
  const centred = centre(x, means)
  const limit = Math.min(options.components, x.numSamples, x.numFeatures)
  const whitening = whiten(centred, limit, crew)
  const k = whitening.numSamples
  const white = multiplyTransposed(centred, whitening, crew)
  const start = options.wInit ?? randomStart(k, options.seed)
  if (start.numSamples !== k || start.numFeatures !== k) {
    throw new PipelineError('ERR_SHAPE_MISMATCH', {
      message: 'wInit does not fit the number of components',
      expected: `[${k}, ${k}]`,
      received: `[${start.numSamples}, ${start.numFeatures}]`,
    })
  }
  const found = findUnmixing(white, start, { tol: options.tol ?? 1e-4, maxIter: options.maxIter ?? 200, crew })
  const components = multiply(found.unmixing, whitening)
  scaleToUnitVariance(components, found.unmixing, white)
  const { numIterations, converged } = found
  return { kind: 'fast-ica', means, components, numIterations, converged, requestedComponents: options.components }
}

/** Sources of new rows: `[numSamples, numComponents]`. */
export function applyFastIca(model: FastIcaModel, x: Matrix): Matrix {
  checkWidth(x, model.means.length)
  return multiplyTransposed(centre(x, model.means), model.components)
}

/** Rows that turn centred data into uncorrelated columns of mean square 1 (divisor n). */
function whiten(centred: Matrix, limit: number, crew: Crew | undefined): Matrix {
  const { squares, directions } = principalDirections(centred, limit, crew)
  const { numSamples, numFeatures } = centred
  // Directions below this are rounding of the eigenvalue solver, not data; dividing by them would amplify noise.
  const floor = squares[0]! * 1e-14 * Math.max(numSamples, numFeatures)
  const rank = squares.filter((value) => value > floor && value > 0).length
  if (rank === 0) {
    throw new PipelineError('ERR_BAD_DATA', {
      message: 'All columns are constant; there is nothing to separate',
      hint: 'check the features upstream',
    })
  }
  const result = matrix(rank, numFeatures)
  for (let r = 0; r < rank; r++) {
    const at = r * numFeatures
    // scikit-learn's convention, so that its w_init means the same start here: the first entry is positive.
    const scale = (Math.sign(directions.data[at]!) || 1) * Math.sqrt(numSamples / squares[r]!)
    for (let j = 0; j < numFeatures; j++) result.data[at + j] = directions.data[at + j]! * scale
  }
  return result
}

function randomStart(k: number, seed: string | number): Matrix {
  const rng = createRng(seed, 'fast-ica')
  const start = matrix(k, k)
  for (let i = 0; i < start.data.length; i++) start.data[i] = rng.normal()
  return start
}

/** Divides each row of `components` by the standard deviation of its source on the training rows. */
function scaleToUnitVariance(components: Matrix, unmixing: Matrix, white: Matrix): void {
  const sources = transpose(multiplyTransposed(white, unmixing))
  const { numFeatures } = components
  for (let r = 0; r < components.numSamples; r++) {
    const s = sources.data.subarray(r * white.numSamples, (r + 1) * white.numSamples)
    const mean = s.reduce((sum, v) => sum + v, 0) / s.length
    const std = Math.sqrt(s.reduce((sum, v) => sum + (v - mean) ** 2, 0) / s.length)
    if (std > 0) for (let j = 0; j < numFeatures; j++) components.data[r * numFeatures + j]! /= std
  }
}
