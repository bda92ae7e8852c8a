import { matrix } from '../../numeric/linear-algebra/matrix.js'
import type { DrawRows } from '../../open-formats/row-graph.js'
import { treeGraph } from '../../open-formats/tree-graph.js'
import { xgboostJson } from '../../open-formats/xgboost-json.js'
import type { XgboostModel } from './xgboost-model.js'

/** Class probabilities of boosted trees as ONNX operators. */
export const drawXgboost: DrawRows<XgboostModel> = (graph, { trees, leafValues, present, objective, ...model }) => {
  const isBinary = objective === 'binary'
  const numOutputs = isBinary ? 1 : present.length
  const margins = graph.add(
    'Cast',
    [
      treeGraph(graph, {
        ...{ trees, numOutputs, base: model.baseMargin, equalGoesLeft: false },
        leafOf: (tree, leaf) => [[tree % numOutputs, leafValues[leaf]!]],
      }),
    ],
    { to: 11 },
  )
  // Of two classes the other's margin is 0.
  const all = isBinary
    ? graph.add('Concat', [graph.add('Mul', [margins, graph.scalar(0)]), margins], { axis: 1 })
    : margins
  const places = matrix(model.numClasses, present.length)
  present.forEach((label, at) => (places.data[label * present.length + at] = 1))
  return graph.timesTransposed(graph.softmax(all), places)
}

/** Boosted trees as XGBoost has them: probabilities of the classes that had training rows. */
export function openXgboost(
  { trees, leafValues, present, objective, baseMargin, numFeatures }: XgboostModel,
  featureNames: readonly string[],
  classNames: readonly string[],
): string {
  const isBinary = objective === 'binary'
  return xgboostJson({
    ...{ trees, numFeatures, numClasses: present.length, copies: 1 },
    objective: isBinary ? 'binary:logistic' : 'multi:softprob',
    baseScore: isBinary ? 1 / (1 + Math.exp(-baseMargin)) : baseMargin,
    classOf: (tree) => (isBinary ? 0 : tree % present.length),
    leafValue: (leaf) => leafValues[leaf]!,
    threshold: (value) => value,
    attributes: {
      classNames: JSON.stringify(Array.from(present, (label) => classNames[label])),
      featureNames: JSON.stringify(featureNames),
    },
  })
}
