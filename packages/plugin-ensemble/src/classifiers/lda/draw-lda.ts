import type { DrawRows } from '../../open-formats/row-graph.js'
import type { LdaModel } from './lda-model.js'

/** Scores along the directions as ONNX operators. */
export const drawLdaDirections: DrawRows<LdaModel> = (graph, { means, directions }) =>
  graph.timesTransposed(graph.add('Sub', [graph.rows, graph.vector(means)]), directions)

/** Class probabilities as ONNX operators. */
export const drawLda: DrawRows<LdaModel> = (graph, model) => {
  const scores = drawLdaDirections(graph, model)
  const differences = graph.add('Sub', [graph.beside(scores), graph.table(model.centres)])
  const halves = graph.add('Mul', [graph.add('Mul', [differences, differences]), graph.scalar(0.5)])
  return graph.softmax(graph.add('Sub', [graph.vector(model.logPriors), graph.sum(halves, 2)]))
}
