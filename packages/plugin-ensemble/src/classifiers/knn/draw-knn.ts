import { matrix } from '../../numeric/linear-algebra/matrix.js'
import type { DrawRows, RowGraph } from '../../open-formats/row-graph.js'
import type { KnnModel } from './knn-model.js'
import { unitRows } from './nearest-neighbours.js'

/** Weighted shares of the neighbours' classes as ONNX operators: every row is compared with every training row at once. */
export const drawKnn: DrawRows<KnnModel> = (graph, model) => {
  const { neighbors, weights, labels, numClasses } = model
  const nearest = 'nearest'
  const indices = 'nearest_rows'
  const count = graph.model.integers('neighbors', [neighbors])
  const keys = distanceKeys(graph, model)
  graph.model.node('TopK', [keys, count], nearest, { axis: 1, largest: 0, sorted: 1 }, { moreOutputs: [indices] })
  const shares = weights === 'uniform' ? ones(graph, nearest) : inverses(graph, toDistance(graph, nearest, model))
  const classes = matrix(labels.length, numClasses)
  labels.forEach((label, row) => (classes.data[row * numClasses + label] = 1))
  const ballots = graph.add('Gather', [graph.table(classes), indices], { axis: 0 })
  const weighted = graph.add('Mul', [ballots, graph.add('Unsqueeze', [shares, graph.model.integers('axis_2', [2])])])
  return graph.add('Div', [graph.sum(weighted, 1), graph.sum(shares, 1, true)])
}

/** What orders training rows by distance, `[batch, numRows]`. */
function distanceKeys(graph: RowGraph, { metric, rows }: KnnModel): string {
  const [points, bank] = metric === 'cosine' ? [unitLength(graph), unitRows(rows, 0)] : [graph.rows, rows]
  const differences = graph.add('Sub', [graph.beside(points), graph.table(bank)])
  const parts = metric === 'l1' ? graph.add('Abs', [differences]) : graph.add('Mul', [differences, differences])
  return graph.sum(parts, 2)
}

function toDistance(graph: RowGraph, keys: string, { metric }: KnnModel): string {
  if (metric === 'l1') return keys
  return metric === 'l2' ? graph.add('Sqrt', [keys]) : graph.add('Mul', [keys, graph.scalar(0.5)])
}

/** Rows of length 1 with two more columns: the last is 1 where the row is all zeros, and so has no direction. */
function unitLength(graph: RowGraph): string {
  const lengths = graph.add('Sqrt', [graph.sum(graph.add('Mul', [graph.rows, graph.rows]), 1, true)])
  const isZero = graph.add('Equal', [lengths, graph.scalar(0)])
  const units = graph.add('Div', [graph.rows, graph.add('Where', [isZero, graph.scalar(1), lengths])])
  const last = graph.add('Cast', [isZero], { to: 11 })
  return graph.add('Concat', [units, graph.add('Mul', [last, graph.scalar(0)]), last], { axis: 1 })
}

function ones(graph: RowGraph, values: string): string {
  return graph.add('Add', [graph.add('Mul', [values, graph.scalar(0)]), graph.scalar(1)])
}

/** 1 / distance; where a neighbour is at distance 0, those that are take all the weight. */
function inverses(graph: RowGraph, distances: string): string {
  const isZero = graph.add('Equal', [distances, graph.scalar(0)])
  const exact = graph.add('Cast', [isZero], { to: 11 })
  const anyExact = graph.add('Cast', [graph.add('ReduceMax', [exact], { axes: [1], keepdims: 1 })], { to: 9 })
  return graph.add('Where', [anyExact, exact, graph.add('Div', [graph.scalar(1), distances])])
}
