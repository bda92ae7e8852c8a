import type { DrawRows } from '../open-formats/row-graph.js'
import type { SelectModel } from './select-columns.js'

/** The kept columns as an ONNX operator. */
export const drawColumns: DrawRows<SelectModel> = (graph, { columns }) =>
  graph.add('Gather', [graph.rows, graph.model.integers('columns', [...columns])], { axis: 1 })
