import type { DrawRows } from '../../open-formats/row-graph.js'
import type { MultinomialModel } from './logistic-regression-model.js'

/** Softmax of a linear score per class as ONNX operators. */
export const drawMultinomial: DrawRows<MultinomialModel> = (graph, { weights, intercepts }) =>
  graph.softmax(graph.add('Add', [graph.timesTransposed(graph.rows, weights), graph.vector(intercepts)]))
