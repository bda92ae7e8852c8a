import { PipelineError } from '../errors.js'

/** Binary trees side by side; a child stands after its parent. A leaf has feature −1 and its position among the leaf values in `lefts`. */
export interface FlatTrees {
  /** First node of each tree. */
  readonly roots: Int32Array
  readonly features: Int32Array
  readonly thresholds: Float64Array
  readonly lefts: Int32Array
  readonly rights: Int32Array
}

/** A sum of trees with one number a row for each output. */
export interface TreeEnsemble {
  readonly kind: 'xgboost' | 'random-forest'
  readonly featureNames: readonly string[]
  readonly trees: FlatTrees
  /** Values of a leaf, already scaled: one (boosting: tree t adds to output `t mod numOutputs`), or one an output (forest). */
  readonly leafValues: Float64Array
  readonly leafWidth: number
  readonly numOutputs: number
  /** What every output starts from. */
  readonly base: number
  /** Whether a value equal to the threshold goes left (forest) or right (boosting). */
  readonly equalGoesLeft: boolean
  readonly numClasses: number
  /** Class of each output. */
  readonly classes: Int32Array
  /** Boosting of two classes has one output, the margin of one of them: this is the other one, whose margin is the negative. */
  readonly opposite?: number
  /** What an output is: a margin in log odds, or a probability. */
  readonly unit: 'margin' | 'probability'
}

/**
 * Checks that trees are trees: every reference inside, children after their parents, so that walking always ends.
 *
 * @throws PipelineError `ERR_CORRUPT_ARTIFACT` naming the node.
 */
export function checkTrees(trees: FlatTrees, numFeatures: number, numLeaves: number): void {
  const { roots, features, thresholds, lefts, rights } = trees
  const numNodes = features.length
  const refuse = (message: string): never => {
    throw new PipelineError('ERR_CORRUPT_ARTIFACT', { message: `The saved trees are broken: ${message}` })
  }
  if (![thresholds, lefts, rights].every(({ length }) => length === numNodes)) refuse('their columns differ in length')
  for (const root of roots) if (root < 0 || root >= numNodes) refuse(`a tree starts at node ${root} of ${numNodes}`)
  for (let node = 0; node < numNodes; node++) {
    const feature = features[node]!
    const [left, right] = [lefts[node]!, rights[node]!]
    if (feature === -1) {
      if (left < 0 || left >= numLeaves) refuse(`leaf ${node} has value ${left} of ${numLeaves}`)
    } else {
      if (feature < 0 || feature >= numFeatures) refuse(`node ${node} asks for column ${feature} of ${numFeatures}`)
      if (left <= node || right <= node || left >= numNodes || right >= numNodes)
        refuse(`node ${node} has children ${left} and ${right} of ${numNodes}`)
    }
  }
}

/** Largest number of splits above a leaf. */
export function depthOf({ features, lefts, rights }: FlatTrees): number {
  const depths = new Int32Array(features.length)
  let deepest = 0
  for (let node = 0; node < features.length; node++) {
    if (features[node]! < 0) continue
    const below = depths[node]! + 1
    depths[lefts[node]!] = Math.max(depths[lefts[node]!]!, below)
    depths[rights[node]!] = Math.max(depths[rights[node]!]!, below)
    deepest = Math.max(deepest, below)
  }
  return deepest
}

/**
 * The ensemble's outputs for a row, by walking every tree; what the attributions of the row must add up to.
 *
 * @param row - float32 values, as the trees compare them.
 */
export function outputsOf(ensemble: TreeEnsemble, row: Float32Array): Float64Array {
  const { trees, leafValues, leafWidth, numOutputs, base, equalGoesLeft } = ensemble
  const { roots, features, thresholds, lefts, rights } = trees
  const outputs = new Float64Array(numOutputs).fill(base)
  for (let t = 0; t < roots.length; t++) {
    let node = roots[t]!
    for (let feature = features[node]!; feature >= 0; feature = features[node]!) {
      const value = row[feature]!
      const isLeft = equalGoesLeft ? value <= thresholds[node]! : value < thresholds[node]!
      node = isLeft ? lefts[node]! : rights[node]!
    }
    const leaf = lefts[node]! * leafWidth
    if (leafWidth === 1) outputs[t % numOutputs]! += leafValues[leaf]!
    else for (let k = 0; k < leafWidth; k++) outputs[k]! += leafValues[leaf + k]!
  }
  return outputs
}
