import { matrix, row, type Matrix } from '../../numeric/linear-algebra/matrix.js'
import type { DrawRows, RowGraph } from '../../open-formats/row-graph.js'
import type { KernelSvmModel } from './kernel-svm-model.js'
import { eachPair, pairWeights } from './train-pairs.js'

/**
 * Kernel values, decisions of the pairs, scores of the classes and `softmax(scores / temperature)` as ONNX operators: `SVMClassifier` of
 * `ai.onnx.ml` has other probabilities, and breaks ties in another way.
 */
export const drawKernelSvm: DrawRows<KernelSvmModel> = (graph, model) => {
  const { present, numClasses, rho, temperature } = model
  const sums = graph.timesTransposed(kernelValues(graph, model), pairWeights(model))
  const decisions = graph.add('Sub', [sums, graph.vector(Float64Array.from(rho))])
  const { first, second } = sidesOf(present.length)
  const perClass = graph.add('MatMul', [decisions, graph.table(combined(first, second, -1))])
  const scores = present.length === 2 ? perClass : graph.add('Add', [votes(), shares()])
  const probabilities = graph.softmax(graph.add('Div', [scores, graph.scalar(temperature)]))
  // A class without training rows has none.
  const places = matrix(present.length, numClasses)
  present.forEach((label, at) => (row(places, at)[label] = 1))
  return graph.add('MatMul', [probabilities, graph.table(places)])

  function votes(): string {
    const isFirst = graph.add('Cast', [graph.add('Greater', [decisions, graph.scalar(0)])], { to: 11 })
    const isSecond = graph.add('Sub', [graph.scalar(1), isFirst])
    return graph.add('Add', [
      graph.add('MatMul', [isFirst, graph.table(first)]),
      graph.add('MatMul', [isSecond, graph.table(second)]),
    ])
  }

  /** Below ½: order classes of equal votes. */
  function shares(): string {
    const size = graph.add('Add', [graph.add('Abs', [perClass]), graph.scalar(1)])
    return graph.add('Div', [perClass, graph.add('Mul', [size, graph.scalar(3)])])
  }
}

/** `[batch, numVectors]`. */
function kernelValues(graph: RowGraph, { kernel, gamma, degree, coef0, vectors }: KernelSvmModel): string {
  const products = graph.timesTransposed(graph.rows, vectors)
  const scaled = (): string =>
    graph.add('Add', [graph.add('Mul', [products, graph.scalar(gamma)]), graph.scalar(coef0)])
  switch (kernel) {
    case 'linear':
      return products
    case 'poly':
      return graph.add('Pow', [scaled(), graph.scalar(degree)])
    case 'sigmoid':
      return graph.add('Tanh', [scaled()])
    case 'rbf': {
      const own = graph.sum(graph.add('Mul', [graph.rows, graph.rows]), 1, true)
      const lengths = Float64Array.from({ length: vectors.numSamples }, (_, at) =>
        row(vectors, at).reduce((sum, value) => sum + value * value, 0),
      )
      const both = graph.add('Add', [own, graph.vector(lengths)])
      const distances = graph.add('Sub', [both, graph.add('Mul', [products, graph.scalar(2)])])
      return graph.add('Exp', [graph.add('Mul', [distances, graph.scalar(-gamma)])])
    }
  }
}

/** Which class is first, and which second, of each pair: `[numPairs, numClasses]`, in the order of the decisions. */
function sidesOf(count: number): { readonly first: Matrix; readonly second: Matrix } {
  const numPairs = (count * (count - 1)) / 2
  const [first, second] = [matrix(numPairs, count), matrix(numPairs, count)]
  eachPair(count, (pair, a, b) => {
    row(first, pair)[a] = 1
    row(second, pair)[b] = 1
  })
  return { first, second }
}

/** `one + factor · other`. */
function combined(one: Matrix, other: Matrix, factor: number): Matrix {
  return { ...one, data: one.data.map((value, at) => value + factor * other.data[at]!) }
}
