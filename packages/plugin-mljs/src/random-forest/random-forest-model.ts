import { createRequire } from 'node:module'
import { createRng } from '@etsef/plugin-api'
import { checkWidth, type Labels, type Matrix, matrix } from '@etsef/plugin-api/models'
import { toRows } from '../adapter/to-rows.js'
import { presentClasses, spreadClasses } from '../adapter/present-classes.js'

/** The part of ml-random-forest 2.1.0 that is used. */
interface Forest {
  train(rows: number[][], targets: number[]): void
  predictionValues(rows: number[][]): { get(row: number, tree: number): number }
}
interface ForestClass {
  new (options: Readonly<Record<string, unknown>>): Forest
  load(model: unknown): Forest
}

/** Options of {@link fitMlRandomForest}. */
export interface MlRandomForestOptions {
  readonly trees: number
  /** Share of the columns each tree sees, in (0, 1]. */
  readonly maxFeatures: number
  readonly seed: string | number
}

/** A forest of the package, as its own JSON. */
export interface MlRandomForestModel {
  readonly kind: 'ml-random-forest'
  readonly numFeatures: number
  readonly numClasses: number
  readonly numTrees: number
  readonly present: Int32Array
  readonly forest: string
}

/**
 * The npm package ml-random-forest: *random subspace* trees, not Breiman's forest.
 *
 * Columns are drawn once a tree, not at every split, and trees vote instead of averaging shares; splits cost the square of
 * the rows (measured 280 times scikit-learn's time on 1,500 × 768). Guarded: labels are renumbered (the package throws on
 * others), out-of-bag estimates are off (it throws on few trees), the gain threshold is 0 (its default stops early).
 *
 * @throws PipelineError as `presentClasses`.
 * @see ml-random-forest 2.1.0. Use `ensemble/random-forest` for parity with scikit-learn.
 */
export function fitMlRandomForest(x: Matrix, y: Labels, options: MlRandomForestOptions): MlRandomForestModel {
  const { present, targets } = presentClasses(x, y)
  const forest = new (loadForest())({
    seed: createRng(options.seed, 'ml-random-forest').integer(2 ** 31),
    // A whole number means columns there, a fraction a share; 1 would mean one column.
    maxFeatures: Math.max(1, Math.round(options.maxFeatures * x.numFeatures)),
    replacement: false,
    nEstimators: options.trees,
    useSampleBagging: true,
    noOOB: true,
    treeOptions: { gainThreshold: 0 },
  })
  forest.train(toRows(x), Array.from(targets))
  const { numFeatures } = x
  const numTrees = options.trees
  return {
    kind: 'ml-random-forest',
    numFeatures,
    numClasses: y.numClasses,
    numTrees,
    present,
    forest: JSON.stringify(forest),
  }
}

/** A function that gives the shares of the trees' votes, `[numSamples, numClasses]`. */
export function openMlRandomForest(model: MlRandomForestModel): (x: Matrix) => Matrix {
  const forest = loadForest().load(JSON.parse(model.forest))
  return (x) => {
    checkWidth(x, model.numFeatures)
    const width = model.present.length
    const shares = matrix(x.numSamples, width)
    const votes = x.numSamples === 0 ? undefined : forest.predictionValues(toRows(x))
    for (let i = 0; i < x.numSamples; i++) {
      for (let t = 0; t < model.numTrees; t++) shares.data[i * width + votes!.get(i, t)]! += 1 / model.numTrees
    }
    return spreadClasses(shares, model.present, model.numClasses)
  }
}

function loadForest(): ForestClass {
  // The package has no types; these are the methods its documentation describes.
  return (createRequire(import.meta.url)('ml-random-forest') as { RandomForestClassifier: ForestClass })
    .RandomForestClassifier
}
