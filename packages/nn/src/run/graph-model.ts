import type { Tensor } from '@tensorflow/tfjs-core'
import type { Engine, Variable } from '../engine/engine.js'
import type { Activation, Graph, GraphNode, ParameterSpec, Weights, WeightTensor } from '../graph/graph.js'
import { parametersOf } from '../graph/parameters.js'
import { runNode } from './node-operation.js'
import { missingWeight, misuse, wrongWeightShape } from '../errors.js'

/** How {@link GraphModel.evaluate} runs. */
export interface EvaluateOptions {
  /** Names of nodes that learn: their batch norms use batch moments and move their statistics. Others run as in inference. */
  readonly trainingNodes?: ReadonlySet<string>
  /** Factors of dropouts by their names, 0 or 1 / (1 - rate), in the shapes of their values; without them a dropout does nothing. */
  readonly dropouts?: ReadonlyMap<string, Tensor>
}

/** A network on an engine: variables by full parameter name, evaluated on demand from any fed nodes to any wanted nodes. */
export interface GraphModel {
  readonly engine: Engine
  readonly graph: Graph
  /** Every parameter and buffer. */
  readonly variables: ReadonlyMap<string, Variable>
  readonly parameters: readonly ParameterSpec[]
  /**
   * Computes nodes from fed values (`input`, or any node whose value is known). Only ancestors are run. Without `trainingNodes`
   * every intermediate value is freed as soon as its last reader has run; with them, call it under a gradient tape or a tidy.
   *
   * @returns Values of `outputs` in order; the caller disposes them. A fed node comes back as a clone.
   */
  evaluate(feeds: ReadonlyMap<string, Tensor>, outputs: readonly string[], options?: EvaluateOptions): Tensor[]
  /** Copies of all weights, in parameter order. */
  readWeights(): Weights
  /** Overwrites variables in place. @throws Error when a name is unknown or a shape differs. */
  writeWeights(weights: Weights): void
  dispose(): void
}

/**
 * Puts a network on an engine.
 *
 * @throws Error when a weight is missing or has another shape.
 */
export function createGraphModel(engine: Engine, graph: Graph, weights: Weights): GraphModel {
  const { tf } = engine
  const parameters = parametersOf(graph)
  const nodes = new Map(graph.nodes.map((node) => [node.name, node]))
  const variables = new Map<string, Variable>()
  const byNode = new Map<string, Map<string, Variable>>()
  for (const parameter of parameters) {
    const { data, shape } = checkedWeight(weights, parameter)
    const variable = tf.tidy(() => tf.variable(tf.tensor(data.slice(), [...shape]), parameter.trainable))
    variables.set(parameter.name, variable)
    const at = parameter.name.lastIndexOf('/')
    const node = parameter.name.slice(0, at)
    if (!byNode.has(node)) byNode.set(node, new Map())
    byNode.get(node)!.set(parameter.name.slice(at + 1), variable)
  }

  // Under a tape every operation must have a gradient.
  const isInference = ({ trainingNodes }: EvaluateOptions): boolean =>
    trainingNodes === undefined && !tf.engine().isTapeOn()
  const compute = (
    node: GraphNode,
    inputs: readonly Tensor[],
    options: EvaluateOptions,
    learned: ReadonlySet<string>,
    fusedActivation?: Activation,
  ): Tensor =>
    tf.tidy(() =>
      runNode(node, inputs, {
        engine,
        parameter: (name) => byNode.get(node.name)?.get(name),
        isTraining: options.trainingNodes?.has(node.name) ?? false,
        isInputLearned: node.inputs.some((name) => learned.has(name)),
        isInference: isInference(options),
        ...maskOf(options.dropouts?.get(node.name)),
        ...(fusedActivation === undefined ? {} : { fusedActivation }),
      }),
    )

  return {
    engine,
    graph,
    variables,
    parameters,
    evaluate: (feeds, outputs, options = {}) => {
      const order = executionOrder(graph, feeds, outputs)
      const release = options.trainingNodes === undefined
      const readers = countReaders(order, outputs)
      const values = new Map<string, Tensor>(feeds)
      const learned = learnedValues(order, ({ name }) => byNode.has(name) && options.trainingNodes?.has(name) === true)
      const canFuse = ({ name }: GraphNode): boolean =>
        options.trainingNodes?.has(name) ?? (engine.kernels.normalise !== undefined && isInference(options))
      const fusions = fusableNorms(order, readers, engine.kernels.fusedActivations, canFuse)
      for (const node of order) {
        const norm = fusions.get(node.name)
        if (norm === node) continue
        const [computed, activation] = norm !== undefined && node.op === 'activation' ? [norm, node.activation] : [node]
        const inputs = computed.inputs.map((name) => values.get(name)!)
        values.set(node.name, compute(computed, inputs, options, learned, activation))
        if (!release) continue
        for (const name of computed.inputs) {
          const left = readers.get(name)! - 1
          readers.set(name, left)
          if (left === 0 && !feeds.has(name)) values.get(name)!.dispose()
        }
      }
      return outputs.map((name) => {
        const value = values.get(name)
        if (value === undefined) throw misuse(`${graph.architecture} has no node "${name}"`)
        return nodes.has(name) && !feeds.has(name) ? value : value.clone()
      })
    },
    readWeights: () =>
      new Map(
        parameters.map(({ name, shape }): [string, WeightTensor] => [
          name,
          { shape, data: Float32Array.from(variables.get(name)!.dataSync<'float32'>()) },
        ]),
      ),
    writeWeights: (given) => {
      for (const [name, weight] of given) {
        const variable = variables.get(name)
        if (variable === undefined) throw misuse(`${graph.architecture} has no parameter "${name}"`)
        tf.tidy(() => variable.assign(tf.tensor(weight.data.slice(), [...weight.shape])))
      }
    },
    dispose: () => {
      for (const variable of variables.values()) variable.dispose()
    },
  }
}

function maskOf(mask: Tensor | undefined): { readonly mask?: Tensor } {
  return mask === undefined ? {} : { mask }
}

/** Nodes needed for `outputs`, in graph order, stopping at fed nodes. */
function executionOrder(graph: Graph, feeds: ReadonlyMap<string, unknown>, outputs: readonly string[]): GraphNode[] {
  const needed = new Set(outputs.filter((name) => !feeds.has(name)))
  const order: GraphNode[] = []
  for (let i = graph.nodes.length - 1; i >= 0; i--) {
    const node = graph.nodes[i]!
    if (!needed.has(node.name)) continue
    order.push(node)
    for (const name of node.inputs) if (!feeds.has(name)) needed.add(name)
  }
  if (needed.has('input')) throw misuse(`${graph.architecture}: "input" is not fed`)
  return order.reverse()
}

/** Nodes whose weights learn, and all that read one: gradients flow through their values. */
function learnedValues(order: readonly GraphNode[], learns: (node: GraphNode) => boolean): ReadonlySet<string> {
  const learned = new Set<string>()
  for (const node of order) {
    if (learns(node) || node.inputs.some((input) => learned.has(input))) learned.add(node.name)
  }
  return learned
}

function countReaders(order: readonly GraphNode[], outputs: readonly string[]): Map<string, number> {
  const readers = new Map<string, number>()
  for (const node of order) for (const name of node.inputs) readers.set(name, (readers.get(name) ?? 0) + 1)
  // Wanted values are never freed.
  for (const name of outputs) readers.set(name, (readers.get(name) ?? 0) + 1)
  return readers
}

/**
 * Batch norms whose value only an activation reads that the engine can fuse, by their own name and by the activation's.
 * Both nodes then run as one, at the activation's place.
 */
function fusableNorms(
  order: readonly GraphNode[],
  readers: ReadonlyMap<string, number>,
  activations: ReadonlySet<Activation> | undefined,
  canFuse: (norm: GraphNode) => boolean,
): ReadonlyMap<string, GraphNode> {
  const fusions = new Map<string, GraphNode>()
  if (activations === undefined) return fusions
  const norms = new Map(
    order.filter((node) => node.op === 'batchNorm' && canFuse(node)).map((node) => [node.name, node]),
  )
  for (const node of order) {
    if (node.op !== 'activation' || !activations.has(node.activation)) continue
    const norm = norms.get(node.inputs[0]!)
    if (norm === undefined || readers.get(norm.name) !== 1) continue
    fusions.set(norm.name, norm)
    fusions.set(node.name, norm)
  }
  return fusions
}

function checkedWeight(weights: Weights, parameter: ParameterSpec): WeightTensor {
  const weight = weights.get(parameter.name)
  if (weight === undefined) throw missingWeight(parameter.name)
  if (weight.shape.join() !== parameter.shape.join()) {
    throw wrongWeightShape(parameter.name, parameter.shape, weight.shape)
  }
  return weight
}
