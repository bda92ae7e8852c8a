import { OnnxModel } from '@etsef/plugin-api/onnx'
import { transpose, type Matrix } from '../numeric/linear-algebra/matrix.js'

/**
 * An ONNX graph from a row of features to a row of numbers, in float64 as the mathematics is here; input and output are float32, as
 * feature tables are. Each method adds operators and returns the name of their output.
 */
export interface RowGraph {
  readonly model: OnnxModel
  /** The rows as they come, float32 `[batch, numFeatures]`. */
  readonly given: string
  /** The rows in float64. */
  readonly rows: string
  /** An operator; its output gets a name of its own. */
  add(this: void, type: string, inputs: readonly string[], attributes?: Parameters<OnnxModel['node']>[3]): string
  vector(this: void, values: Float64Array): string
  /** A number for every value of the other side. */
  scalar(this: void, value: number): string
  table(this: void, values: Matrix, shape?: readonly number[]): string
  /** `[batch, 1, width]`, to stand against a table. */
  beside(this: void, name: string): string
  /** Sum over an axis, which is dropped, or kept at length 1. */
  sum(this: void, name: string, axis: number, keep?: boolean): string
  /** `rows · tableᵀ`. */
  timesTransposed(this: void, name: string, values: Matrix): string
  /** exp of each row, scaled to sum 1. */
  softmax(this: void, name: string): string
}

/** Describes a method as operators on {@link RowGraph.rows}, and returns the name of what comes out: float64 or float32 `[batch, width]`. */
export type DrawRows<M> = (graph: RowGraph, model: M) => string

/** Bytes of an ONNX file with input `input` and one output. */
export function rowOnnx<M>(draw: DrawRows<M>, model: M, { name, featureNames, output, names }: OnnxNames): Uint8Array {
  const onnx = new OnnxModel()
  const graph = rowGraph(onnx)
  graph.model.node('Cast', [draw(graph, model)], output, { to: 1 })
  return onnx.encode(
    name,
    { name: graph.given, shape: [featureNames.length] },
    [{ name: output, shape: [names.length] }],
    {
      inputColumns: JSON.stringify(featureNames),
      outputColumns: JSON.stringify(names),
    },
  )
}

/** Names in an ONNX file. */
export interface OnnxNames {
  /** Of the graph. */
  readonly name: string
  readonly featureNames: readonly string[]
  /** Of the output. */
  readonly output: 'scores' | 'features'
  /** Of the output's columns. */
  readonly names: readonly string[]
}

function rowGraph(model: OnnxModel): RowGraph {
  let count = 0
  const named = (type: string): string => `${type}_${String(count++)}`
  const add: RowGraph['add'] = (type, inputs, attributes) => model.node(type, inputs, named(type), attributes)
  const table: RowGraph['table'] = ({ numSamples, numFeatures, data }, shape = [numSamples, numFeatures]) =>
    model.constant(named('table'), shape, data)
  const given = 'input'
  return {
    model,
    given,
    rows: model.node('Cast', [given], 'rows', { to: 11 }),
    add,
    vector: (values) => model.constant(named('vector'), [values.length], values),
    scalar: (value) => model.constant(named('number'), [], Float64Array.of(value)),
    table,
    beside: (name) => add('Unsqueeze', [name, model.integers('axis_1', [1])]),
    sum: (name, axis, keep = false) =>
      add('ReduceSum', [name, model.integers(`axis_${String(axis)}`, [axis])], { keepdims: Number(keep) }),
    timesTransposed: (name, values) => add('MatMul', [name, table(transpose(values))]),
    softmax: (name) => add('Softmax', [name], { axis: 1 }),
  }
}
