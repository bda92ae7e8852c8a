import { createRequire } from 'node:module'
import { PipelineError } from '@etsef/plugin-api'
import { checkWidth, type Labels, matrix, type Matrix, row } from '@etsef/plugin-api/models'
import { toRows } from '../adapter/to-rows.js'
import { presentClasses, spreadClasses } from '../adapter/present-classes.js'

/** The part of ml-knn 3.0.0 that is used. */
interface Knn {
  readonly kdTree: { nearest(row: number[], k: number): [number[], number][] }
}
type KnnClass = new (rows: number[][], targets: number[], options: { k: number }) => Knn

/** Training rows of the package's classifier. */
export interface MlKnnModel {
  readonly kind: 'ml-knn'
  readonly neighbors: number
  readonly numClasses: number
  readonly present: Int32Array
  readonly targets: Int32Array
  readonly rows: Matrix
}

/**
 * The npm package ml-knn: unweighted Euclidean neighbours in a k-d tree that never prunes.
 *
 * Guarded: votes are counted here, because the package gives a tied vote to whichever class its heap lists first; labels are
 * renumbered; no metric of one's own (the package would feed it the label as a coordinate).
 *
 * @throws PipelineError `ERR_TOO_FEW_ROWS` for more neighbours than rows, and as `presentClasses`.
 * @see ml-knn 3.0.0. Use `ensemble/knn` for other metrics, weights and speed (120 distances for 60 points there).
 */
export function fitMlKnn(x: Matrix, y: Labels, options: { readonly neighbors: number }): MlKnnModel {
  const { present, targets } = presentClasses(x, y)
  const { neighbors } = options
  if (neighbors > x.numSamples) {
    throw new PipelineError('ERR_TOO_FEW_ROWS', {
      message: `${neighbors} neighbours cannot be found among ${x.numSamples} training rows`,
      option: 'neighbors',
      expected: `at most ${x.numSamples}`,
      received: String(neighbors),
    })
  }
  const rows = matrix(x.numSamples, x.numFeatures, x.data.slice())
  return { kind: 'ml-knn', neighbors, numClasses: y.numClasses, present, targets, rows }
}

/** A function that gives the shares of the neighbours' classes, `[numSamples, numClasses]`. */
export function openMlKnn(model: MlKnnModel): (x: Matrix) => Matrix {
  // The package has no types; this is the class its documentation describes.
  const Knn = createRequire(import.meta.url)('ml-knn') as { default?: KnnClass } & KnnClass
  const knn = new (Knn.default ?? Knn)(toRows(model.rows), Array.from(model.targets), { k: model.neighbors })
  return (x) => {
    checkWidth(x, model.rows.numFeatures)
    const width = model.present.length
    const shares = matrix(x.numSamples, width)
    for (let i = 0; i < x.numSamples; i++) {
      for (const [point] of knn.kdTree.nearest(Array.from(row(x, i)), model.neighbors)) {
        shares.data[i * width + point[model.rows.numFeatures]!]! += 1 / model.neighbors
      }
    }
    return spreadClasses(shares, model.present, model.numClasses)
  }
}
