import type { OnnxAttribute } from '@etsef/plugin-api/onnx'
import type { Trees } from '../numeric/trees/trees.js'
import type { RowGraph } from './row-graph.js'
import { float32AtMost } from './float32-thresholds.js'

/** Trees whose leaves add to outputs. */
export interface AddedTrees {
  readonly trees: Trees
  readonly numOutputs: number
  /** What each output starts from. */
  readonly base: number
  /** Whether a value that equals the threshold goes left. */
  readonly equalGoesLeft: boolean
  /** What a leaf of a tree adds, to which output. */
  leafOf(this: void, tree: number, leaf: number): readonly (readonly [output: number, value: number])[]
}

/** Sums of trees as an operator of `ai.onnx.ml`, float32 `[batch, numOutputs]`. */
export function treeGraph(
  { model, given }: RowGraph,
  { trees, numOutputs, base, equalGoesLeft, leafOf }: AddedTrees,
): string {
  const { roots, features, thresholds, lefts, rights } = trees
  const numNodes = features.length
  const treeOf = new Int32Array(numNodes)
  const place = new Int32Array(numNodes)
  roots.forEach((root, tree) => {
    const end = roots[tree + 1] ?? numNodes
    for (let node = root; node < end; node++) [treeOf[node], place[node]] = [tree, node - root]
  })
  const isLeaf = (node: number): boolean => features[node]! < 0
  const children = (side: Int32Array): Int32Array => side.map((child, node) => (isLeaf(node) ? 0 : place[child]!))
  const targets: [tree: number, node: number, output: number, value: number][] = []
  for (let node = 0; node < numNodes; node++) {
    if (!isLeaf(node)) continue
    for (const [output, value] of leafOf(treeOf[node]!, lefts[node]!))
      targets.push([treeOf[node]!, place[node]!, output, value])
  }
  const branch = equalGoesLeft ? 'BRANCH_LEQ' : 'BRANCH_LT'
  const attributes: Record<string, OnnxAttribute> = {
    n_targets: numOutputs,
    base_values: { floats: new Float32Array(numOutputs).fill(base) },
    aggregate_function: { text: 'SUM' },
    post_transform: { text: 'NONE' },
    nodes_treeids: treeOf,
    nodes_nodeids: place,
    nodes_featureids: features.map((feature) => Math.max(0, feature)),
    nodes_modes: { texts: Array.from(features, (feature) => (feature < 0 ? 'LEAF' : branch)) },
    nodes_values: { floats: Float32Array.from(thresholds, (value) => (equalGoesLeft ? float32AtMost(value) : value)) },
    nodes_truenodeids: children(lefts),
    nodes_falsenodeids: children(rights),
    target_treeids: targets.map(([tree]) => tree),
    target_nodeids: targets.map(([, node]) => node),
    target_ids: targets.map(([, , output]) => output),
    target_weights: { floats: Float32Array.from(targets, ([, , , value]) => value) },
  }
  return model.node('TreeEnsembleRegressor', [given], 'sums', attributes, { domain: 'ai.onnx.ml' })
}
