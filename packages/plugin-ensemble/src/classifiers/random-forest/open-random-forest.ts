import { float32Above } from '../../open-formats/float32-thresholds.js'
import type { DrawRows } from '../../open-formats/row-graph.js'
import { treeGraph } from '../../open-formats/tree-graph.js'
import { xgboostJson } from '../../open-formats/xgboost-json.js'
import type { RandomForestModel } from './random-forest-model.js'

/** Mean of the leaf shares over the trees as ONNX operators. */
export const drawRandomForest: DrawRows<RandomForestModel> = (graph, { trees, leafValues, numClasses }) =>
  treeGraph(graph, {
    ...{ trees, numOutputs: numClasses, base: 0, equalGoesLeft: true },
    leafOf: (_tree, leaf) =>
      Array.from({ length: numClasses }, (_, label) => [
        label,
        leafValues.data[leaf * numClasses + label]! / trees.roots.length,
      ]),
  })

/**
 * A forest as XGBoost has trees: one for each class, so that the sums that XGBoost calls margins are the probabilities, and the class
 * with the largest is its prediction.
 */
export function openRandomForest(
  { trees, leafValues, numClasses, numFeatures }: RandomForestModel,
  featureNames: readonly string[],
  classNames: readonly string[],
): string {
  return xgboostJson({
    ...{ trees, numFeatures, numClasses, copies: numClasses },
    objective: 'multi:softmax',
    baseScore: 0,
    classOf: (_tree, copy) => copy,
    leafValue: (leaf, copy) => leafValues.data[leaf * numClasses + copy]! / trees.roots.length,
    threshold: float32Above,
    attributes: {
      classNames: JSON.stringify(classNames),
      featureNames: JSON.stringify(featureNames),
      read: 'output_margin=True gives the class probabilities',
    },
  })
}
