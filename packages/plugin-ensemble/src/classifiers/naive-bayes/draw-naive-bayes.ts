import type { DrawRows } from '../../open-formats/row-graph.js'
import { jointConstants, type NaiveBayesModel } from './gaussian-naive-bayes.js'

/** Class probabilities of Gaussian naive Bayes as ONNX operators. */
export const drawNaiveBayes: DrawRows<NaiveBayesModel> = (graph, model) => {
  const { means, variances } = model
  const differences = graph.add('Sub', [graph.beside(graph.rows), graph.table(means)])
  const squares = graph.add('Mul', [differences, differences])
  const halves = graph.table({ ...variances, data: variances.data.map((value) => 0.5 / value) })
  const sums = graph.sum(graph.add('Mul', [squares, halves]), 2)
  return graph.softmax(graph.add('Sub', [graph.vector(jointConstants(model)), sums]))
}
