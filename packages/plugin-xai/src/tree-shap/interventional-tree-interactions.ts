import { depthOf, type TreeEnsemble } from '@etsef/plugin-api/models'
import { coalitionWeights } from './coalition-weights.js'
import { treeExplainer } from './interventional-tree-shap.js'

/** Exact interaction values of a tree ensemble against a background. */
export interface InteractionExplainer {
  /** Mean outputs over the background, `[numOutputs]`: what no feature explains. */
  readonly base: Float64Array
  /**
   * Shapley interaction values of a row for one output, `[numFeatures, numFeatures]`, symmetric: the sum of each row is the Shapley value of its feature, and the
   * sum of all is the output minus its base. What two features do together stands half above and half below the diagonal; the diagonal has what is left to a
   * feature alone.
   *
   * @param row - float32 values of the columns.
   * @param output - Position among the outputs.
   */
  explain(row: Float32Array, output: number): Float64Array
}

/**
 * Shapley interaction values of the game of {@link treeExplainer}. Exact; no sampling.
 *
 * A leaf counts for the coalitions that have all features which its path takes from the explained row, and none of those that it takes from the background
 * row. Of such a game the interaction of two features is known in closed form, so that one walk for each tree and background row is enough. Time grows as for
 * {@link treeExplainer}, times the square of the features on a path.
 *
 * @param background - float32 rows, `[numBackground, numFeatures]`.
 * @see Lundberg et al. 2020, From local explanations to global understanding with explainable AI for trees, Nature MI 2, equations 7 to 9; Fujimoto et al. 2006,
 *   Axiomatic characterizations of probabilistic and cardinal-probabilistic interaction indices, Games and Economic Behavior 55.
 */
export function interactionExplainer(ensemble: TreeEnsemble, background: Float32Array): InteractionExplainer {
  const { trees, leafValues, leafWidth, numOutputs, equalGoesLeft, featureNames } = ensemble
  const { roots, features, thresholds, lefts, rights } = trees
  const numFeatures = featureNames.length
  const explainer = treeExplainer(ensemble, background)
  const depth = Math.min(depthOf(trees), numFeatures)
  const weights = coalitionWeights(depth)
  const weightOf = (a: number, b: number): number => weights[a * (depth + 1) + b]!
  /** From which row the path takes a feature: 0 not decided, 1 the explained one, 2 the background's. */
  const side = new Uint8Array(numFeatures)
  /** Decided features. */
  const path: number[] = []
  const childOf = (node: number, row: Float32Array): number => {
    const [value, threshold] = [row[features[node]!]!, thresholds[node]!]
    return (equalGoesLeft ? value <= threshold : value < threshold) ? lefts[node]! : rights[node]!
  }
  const addLeaf = (pairs: Float64Array, value: number): void => {
    const numTaken = path.reduce((count, feature) => count + Number(side[feature] === 1), 0)
    const numLeft = path.length - numTaken
    for (const [at, one] of path.entries()) {
      for (const other of path.slice(0, at)) {
        const weight =
          side[one] !== side[other]
            ? -weightOf(numTaken - 1, numLeft - 1)
            : side[one] === 1
              ? weightOf(numTaken - 2, numLeft)
              : weightOf(numTaken, numLeft - 2)
        pairs[one * numFeatures + other]! += (weight * value) / 2
        pairs[other * numFeatures + one]! += (weight * value) / 2
      }
    }
  }
  const visit = (start: number, [x, z]: readonly [Float32Array, Float32Array], leaf: (at: number) => void): void => {
    let node = start
    for (let feature = features[node]!; feature >= 0; feature = features[node]!) {
      const [ofX, ofZ] = [childOf(node, x), childOf(node, z)]
      const decided = side[feature]!
      if (ofX === ofZ || decided === 1) node = ofX
      else if (decided === 2) node = ofZ
      else {
        path.push(feature)
        side[feature] = 1
        visit(ofX, [x, z], leaf)
        side[feature] = 2
        visit(ofZ, [x, z], leaf)
        side[feature] = 0
        path.pop()
        return
      }
    }
    leaf(lefts[node]!)
  }
  const numBackground = explainer.numBackground
  return {
    base: explainer.base,
    explain(row, output) {
      const pairs = new Float64Array(numFeatures * numFeatures)
      for (let b = 0; b < numBackground; b++) {
        const other = background.subarray(b * numFeatures, (b + 1) * numFeatures)
        roots.forEach((root, t) => {
          if (leafWidth === 1 && t % numOutputs !== output) return
          visit(root, [row, other], (at) => {
            addLeaf(pairs, leafValues[at * leafWidth + (leafWidth === 1 ? 0 : output)]! / numBackground)
          })
        })
      }
      const values = explainer.explain(row).subarray(output * numFeatures, (output + 1) * numFeatures)
      values.forEach((value, j) => {
        const others = pairs.subarray(j * numFeatures, (j + 1) * numFeatures)
        pairs[j * numFeatures + j] = value - others.reduce((sum, each) => sum + each, 0)
      })
      return pairs
    },
  }
}
