import { createRng } from '@etsef/plugin-api'
import { checkFeatures, checkWidth } from '@etsef/plugin-api/models'
import { matrix, type Matrix } from '../../numeric/linear-algebra/matrix.js'
import { multiplyTransposed } from '../../numeric/linear-algebra/products.js'

/** What {@link fitRandomProjection} draws. */
export interface RandomProjectionModel {
  readonly kind: 'random-projection'
  /** `[numComponents, numFeatures]`, normal with variance 1 / numComponents. */
  readonly components: Matrix
}

/**
 * A Gaussian random projection: squared distances are kept in the mean. A control for projections that learn.
 *
 * @param options - `components`: width of the result, any number.
 * @see scikit-learn 1.9 GaussianRandomProjection.
 */
export function fitRandomProjection(
  x: Matrix,
  options: { readonly components: number; readonly seed: string | number },
): RandomProjectionModel {
  checkFeatures(x)
  const rng = createRng(options.seed, 'random-projection')
  const components = matrix(options.components, x.numFeatures)
  const scale = 1 / Math.sqrt(options.components)
  for (let at = 0; at < components.data.length; at++) components.data[at] = scale * rng.normal()
  return { kind: 'random-projection', components }
}

/** Projected rows, `[numSamples, numComponents]`. */
export function applyRandomProjection(model: RandomProjectionModel, x: Matrix): Matrix {
  checkWidth(x, model.components.numFeatures)
  return multiplyTransposed(x, model.components)
}
