import type { DrawRows } from '../../open-formats/row-graph.js'
import type { LinearSvmModel } from './linear-svm-model.js'

/** `softmax(margins / temperature)` as ONNX operators. */
export const drawLinearSvm: DrawRows<LinearSvmModel> = (graph, { weights, intercepts, temperature }) => {
  const products = graph.timesTransposed(graph.rows, weights)
  const margins = graph.add('Add', [products, graph.vector(intercepts)])
  return graph.softmax(graph.add('Div', [margins, graph.scalar(temperature)]))
}
