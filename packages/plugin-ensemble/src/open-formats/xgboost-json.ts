import type { Trees } from '../numeric/trees/trees.js'

/** Trees for XGBoost, whose every leaf has one value. */
export interface XgboostTrees {
  readonly trees: Trees
  readonly numFeatures: number
  readonly numClasses: number
  /** `multi:softmax` and the like. */
  readonly objective: 'binary:logistic' | 'multi:softprob' | 'multi:softmax'
  /** As the format has it: a probability for `binary:logistic`, else a margin. */
  readonly baseScore: number
  /** Trees that are written for each of `trees`: one for each class, or one in all. */
  readonly copies: number
  /** Class that a written tree adds to. */
  classOf(this: void, tree: number, copy: number): number
  leafValue(this: void, leaf: number, copy: number): number
  /** Below which a float32 value goes left. */
  threshold(this: void, value: number): number
  /** What a reader is told beside the trees, by name. */
  readonly attributes: Readonly<Record<string, string>>
}

/** Parent of a root. */
const none = 2147483647

/** Trees as XGBoost's own JSON (that of version 1.7, which later ones read). */
export function xgboostJson(options: XgboostTrees): string {
  const { trees, numFeatures, numClasses, objective, baseScore, copies, classOf, attributes } = options
  const written: string[] = []
  const info: number[] = []
  trees.roots.forEach((_, tree) => {
    for (let copy = 0; copy < copies; copy++) {
      written.push(treeJson(options, tree, copy, written.length))
      info.push(classOf(tree, copy))
    }
  })
  const isBinary = objective === 'binary:logistic'
  const booster = object({
    gbtree_model_param: json({ num_parallel_tree: '1', num_trees: String(written.length), size_leaf_vector: '0' }),
    tree_info: json(info),
    trees: `[${written.join()}]`,
  })
  const learner = object({
    attributes: json(attributes),
    feature_names: '[]',
    feature_types: '[]',
    gradient_booster: object({ model: booster, name: '"gbtree"' }),
    learner_model_param: json({
      base_score: baseScore.toExponential(),
      boost_from_average: '1',
      num_class: isBinary ? '0' : String(numClasses),
      num_feature: String(numFeatures),
      num_target: '1',
    }),
    objective: json(
      isBinary
        ? { name: objective, reg_loss_param: { scale_pos_weight: '1' } }
        : { name: objective, softmax_multiclass_param: { num_class: String(numClasses) } },
    ),
  })
  return `${object({ learner, version: '[1,7,4]' })}\n`
}

function treeJson(
  { trees, numFeatures, leafValue, threshold }: XgboostTrees,
  tree: number,
  copy: number,
  id: number,
): string {
  const { roots, features, thresholds, lefts, rights, covers, gains } = trees
  const isLeaf = (node: number): boolean => features[node]! < 0
  // The library takes for granted that a right child stands next to the left one.
  const nodes = [roots[tree]!]
  const parents = [none]
  const place = new Map<number, number>()
  for (let at = 0; at < nodes.length; at++) {
    const node = nodes[at]!
    place.set(node, at)
    if (isLeaf(node)) continue
    nodes.push(lefts[node]!, rights[node]!)
    parents.push(at, at)
  }
  const child = (side: Int32Array): number[] => nodes.map((node) => (isLeaf(node) ? -1 : place.get(side[node]!)!))
  const zeros = nodes.map(() => 0)
  const values = nodes.map((node) => (isLeaf(node) ? leafValue(lefts[node]!, copy) : threshold(thresholds[node]!)))
  return object({
    base_weights: floats(zeros),
    categories: '[]',
    categories_nodes: '[]',
    categories_segments: '[]',
    categories_sizes: '[]',
    default_left: json(zeros),
    id: String(id),
    left_children: json(child(lefts)),
    loss_changes: floats(nodes.map((node) => gains[node]!)),
    parents: json(parents),
    right_children: json(child(rights)),
    split_conditions: floats(values),
    split_indices: json(nodes.map((node) => Math.max(0, features[node]!))),
    split_type: json(zeros),
    sum_hessian: floats(nodes.map((node) => covers[node]!)),
    tree_param: json({
      num_deleted: '0',
      num_feature: String(numFeatures),
      num_nodes: String(nodes.length),
      size_leaf_vector: '0',
    }),
  })
}

const json = JSON.stringify

/** An object of texts of JSON. */
function object(fields: Readonly<Record<string, string>>): string {
  return `{${Object.entries(fields)
    .map(([name, text]) => `${json(name)}:${text}`)
    .join()}}`
}

/** Always with an exponent: the library refuses a whole number where it wants a float. */
function floats(values: readonly number[]): string {
  return `[${values.map((value) => Math.fround(value).toExponential()).join()}]`
}
