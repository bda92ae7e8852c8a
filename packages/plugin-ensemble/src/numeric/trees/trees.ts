/**
 * Binary trees side by side in flat arrays; nodes refer to each other by position.
 *
 * `features[node]` is −1 at a leaf, where `lefts[node]` is the leaf's position in the model's table of leaf values.
 */
export interface Trees {
  /** First node of each tree. */
  readonly roots: Int32Array
  readonly features: Int32Array
  readonly thresholds: Float64Array
  readonly lefts: Int32Array
  readonly rights: Int32Array
  /** Weight of the training rows that reached the node: sample count (forest) or summed hessian (boosting). */
  readonly covers: Float64Array
  /** What the split gained; 0 at leaves. */
  readonly gains: Float64Array
}

/** Collects nodes while trees grow. */
export interface TreesBuilder {
  /** Starts a new tree: the next node is its root. */
  beginTree(): void
  /** Adds a leaf; returns its node. */
  leaf(cover: number): number
  /** Turns a leaf into a split, to be completed by {@link TreesBuilder.link}. */
  split(node: number, feature: number, threshold: number, gain: number): void
  link(node: number, left: number, right: number): void
  isSplit(node: number): boolean
  /** Turns the split that was completed last into a leaf again; both its sides are leaves, and are forgotten. */
  takeBack(node: number): void
  /** All trees so far, leaves numbered in node order. */
  finish(): Trees
}

/** An empty {@link TreesBuilder}. */
export function treesBuilder(): TreesBuilder {
  const roots: number[] = []
  const features: number[] = []
  const thresholds: number[] = []
  const lefts: number[] = []
  const rights: number[] = []
  const covers: number[] = []
  const gains: number[] = []
  return {
    beginTree: () => {
      roots.push(features.length)
    },
    leaf: (cover) => {
      features.push(-1)
      thresholds.push(0)
      lefts.push(0)
      rights.push(0)
      gains.push(0)
      return covers.push(cover) - 1
    },
    split: (node, feature, threshold, gain) => {
      features[node] = feature
      thresholds[node] = threshold
      gains[node] = gain
    },
    link: (node, left, right) => {
      lefts[node] = left
      rights[node] = right
    },
    isSplit: (node) => features[node] !== -1,
    takeBack: (node) => {
      for (const list of [features, thresholds, lefts, rights, covers, gains]) list.length = node + 1
      features[node] = -1
      thresholds[node] = 0
      lefts[node] = 0
      rights[node] = 0
      gains[node] = 0
    },
    finish: () => {
      let numLeaves = 0
      for (let node = 0; node < features.length; node++) if (features[node] === -1) lefts[node] = numLeaves++
      return {
        roots: Int32Array.from(roots),
        features: Int32Array.from(features),
        thresholds: Float64Array.from(thresholds),
        lefts: Int32Array.from(lefts),
        rights: Int32Array.from(rights),
        covers: Float64Array.from(covers),
        gains: Float64Array.from(gains),
      }
    },
  }
}

/** Sum of split gains per feature, scaled to sum 1 (all 0 when nothing was split). */
export function featureImportances(trees: Trees, numFeatures: number): Float64Array {
  const sums = new Float64Array(numFeatures)
  trees.features.forEach((feature, node) => {
    if (feature >= 0) sums[feature]! += trees.gains[node]!
  })
  const total = sums.reduce((sum, value) => sum + value, 0)
  return total > 0 ? sums.map((value) => value / total) : sums
}
