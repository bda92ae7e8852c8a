import { depthOf, outputsOf, type TreeEnsemble } from '@etsef/plugin-api/models'
import { coalitionWeights } from './coalition-weights.js'

/** Exact Shapley values of a tree ensemble against a background. */
export interface TreeExplainer {
  readonly numBackground: number
  /** Mean outputs over the background, `[numOutputs]`: what no feature explains. */
  readonly base: Float64Array
  /**
   * Shapley values of a row, `[numOutputs, numFeatures]`; each output's sum to the output minus its base.
   *
   * @param row - float32 values of the columns.
   */
  explain(row: Float32Array): Float64Array
}

/**
 * Interventional TreeSHAP: Shapley values of the game in which features outside the coalition take the values of a background row, averaged
 * over the background. Exact; no sampling.
 *
 * One walk for each tree and background row: only where the two rows part do both branches count, each with the features that it takes
 * from the one row and from the other. Time grows with rows × background × trees × the paths that are possible between two rows.
 *
 * @param background - float32 rows, `[numBackground, numFeatures]`; those the model was fitted on, never test rows.
 * @see Lundberg et al. 2020, From local explanations to global understanding with explainable AI for trees, Nature MI 2, algorithm 3;
 *   shap 0.51.0 `TreeExplainer(feature_perturbation='interventional', model_output='raw')`.
 */
export function treeExplainer(ensemble: TreeEnsemble, background: Float32Array): TreeExplainer {
  const { trees, leafValues, leafWidth, numOutputs, equalGoesLeft, featureNames } = ensemble
  const { roots, features, thresholds, lefts, rights } = trees
  const numFeatures = featureNames.length
  const numBackground = background.length / numFeatures
  const rows = Array.from({ length: numBackground }, (_, i) =>
    background.subarray(i * numFeatures, (i + 1) * numFeatures),
  )
  // A path decides each feature once.
  const depth = Math.min(depthOf(trees), numFeatures)
  const weights = coalitionWeights(depth)
  /** From which row the path takes a feature: 0 not decided, 1 the explained one, 2 the background's. */
  const side = new Uint8Array(numFeatures)
  // By number of decided features: leaves below, weighted as they count for a feature taken from the explained and from the background row.
  const taken = new Float64Array((depth + 1) * leafWidth)
  const left = new Float64Array((depth + 1) * leafWidth)
  const base = new Float64Array(numOutputs)
  for (const row of rows) outputsOf(ensemble, row).forEach((value, k) => (base[k]! += value / numBackground))
  let x: Float32Array = new Float32Array(0)
  let z: Float32Array = new Float32Array(0)
  let values = new Float64Array(0)
  let offset = 0

  const visit = (start: number, numTaken: number, numLeft: number): void => {
    const level = (numTaken + numLeft) * leafWidth
    const below = level + leafWidth
    let node = start
    for (let feature = features[node]!; feature >= 0; feature = features[node]!) {
      const threshold = thresholds[node]!
      const ofX = (equalGoesLeft ? x[feature]! <= threshold : x[feature]! < threshold) ? lefts[node]! : rights[node]!
      const ofZ = (equalGoesLeft ? z[feature]! <= threshold : z[feature]! < threshold) ? lefts[node]! : rights[node]!
      const decided = side[feature]!
      if (ofX === ofZ || decided === 1) node = ofX
      else if (decided === 2) node = ofZ
      else {
        side[feature] = 1
        visit(ofX, numTaken + 1, numLeft)
        for (let k = 0; k < leafWidth; k++) {
          values[offset + k * numFeatures + feature]! += taken[below + k]!
          taken[level + k] = taken[below + k]!
          left[level + k] = left[below + k]!
        }
        side[feature] = 2
        visit(ofZ, numTaken, numLeft + 1)
        for (let k = 0; k < leafWidth; k++) {
          values[offset + k * numFeatures + feature]! -= left[below + k]!
          taken[level + k]! += taken[below + k]!
          left[level + k]! += left[below + k]!
        }
        side[feature] = 0
        return
      }
    }
    const leaf = lefts[node]! * leafWidth
    const ofTaken = numTaken > 0 ? weights[(numTaken - 1) * (depth + 1) + numLeft]! : 0
    const ofLeft = numLeft > 0 ? weights[numTaken * (depth + 1) + numLeft - 1]! : 0
    for (let k = 0; k < leafWidth; k++) {
      taken[level + k] = ofTaken * leafValues[leaf + k]!
      left[level + k] = ofLeft * leafValues[leaf + k]!
    }
  }

  return {
    numBackground,
    base,
    explain(row) {
      values = new Float64Array(numOutputs * numFeatures)
      x = row
      for (let t = 0; t < roots.length; t++) {
        offset = leafWidth === 1 ? (t % numOutputs) * numFeatures : 0
        for (let b = 0; b < numBackground; b++) {
          z = rows[b]!
          visit(roots[t]!, 0, 0)
        }
      }
      for (let i = 0; i < values.length; i++) values[i]! /= numBackground
      return values
    },
  }
}
