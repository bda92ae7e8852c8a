import type { Matrix } from '../numeric/linear-algebra/matrix.js'
import type { PcaModel } from '../numeric/linear-algebra/pca.js'
import type { StandardizeModel } from '../numeric/statistics/standardize.js'
import type { DrawRows } from '../open-formats/row-graph.js'

/** `(x − means) · componentsᵀ` as ONNX operators. */
export const drawCentred: DrawRows<{ readonly means: Float64Array; readonly components: Matrix }> = (
  graph,
  { means, components },
) => graph.timesTransposed(graph.add('Sub', [graph.rows, graph.vector(means)]), components)

/** Scores along principal components as ONNX operators. */
export const drawPca: DrawRows<PcaModel> = (graph, model) => {
  const scores = drawCentred(graph, model)
  if (!model.whiten) return scores
  const scales = model.variances.map((value) => (value > 0 ? 1 / Math.sqrt(value) : 0))
  return graph.add('Mul', [scores, graph.vector(scales)])
}

/** `x · componentsᵀ` as ONNX operators. */
export const drawProjection: DrawRows<{ readonly components: Matrix }> = (graph, { components }) =>
  graph.timesTransposed(graph.rows, components)

/** `(x − mean) / scale` as ONNX operators. */
export const drawStandardize: DrawRows<StandardizeModel> = (graph, { means, scales }) =>
  graph.add('Div', [graph.add('Sub', [graph.rows, graph.vector(means)]), graph.vector(scales)])
