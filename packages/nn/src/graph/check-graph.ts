import type { Graph, GraphNode, Operation } from './graph.js'
import { inferShapes } from './shapes.js'
import { badWeights } from '../errors.js'

type FieldCheck = (value: unknown) => boolean

const count: FieldCheck = (value) => Number.isSafeInteger(value) && (value as number) > 0 && (value as number) <= 65_536
const flag: FieldCheck = (value) => typeof value === 'boolean'
const number: FieldCheck = (value) => typeof value === 'number' && Number.isFinite(value)
const numbers: FieldCheck = (value) => Array.isArray(value) && value.every(number)
const pair: FieldCheck = (value) => Array.isArray(value) && value.length === 2 && value.every(count)
const offset: FieldCheck = (value) => Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= 1024
const padding: FieldCheck = (value) =>
  value === 'same' || value === 'valid' || (Array.isArray(value) && value.length === 4 && value.every(offset))
const activation: FieldCheck = (value) =>
  ['relu', 'relu6', 'swish', 'sigmoid', 'hardSigmoid', 'hardSwish'].includes(value as string)

const FIELDS: { readonly [Op in Operation['op']]: Readonly<Record<string, FieldCheck>> } = {
  conv: { filters: count, kernel: pair, strides: pair, padding, bias: flag },
  depthwiseConv: { kernel: pair, strides: pair, padding, bias: flag },
  batchNorm: { epsilon: number, momentum: number, scale: flag, center: flag },
  activation: { activation },
  maxPool: { size: pair, strides: pair, padding },
  avgPool: { size: pair, strides: pair, padding },
  globalAvgPool: { keepDims: flag },
  globalMaxPool: {},
  dense: { units: count, bias: flag },
  dropout: { rate: number },
  add: {},
  multiply: {},
  scale: { factor: number },
  rescale: { scale: numbers, offset: numbers },
  concat: {},
}

/**
 * A graph from untrusted data (a model directory's JSON): every field checked, shapes inferred once.
 *
 * @throws PipelineError `ERR_WEIGHTS` that names the node and field.
 */
export function checkGraph(value: unknown): Graph {
  const graph = asObject(value, 'graph')
  const { architecture, inputShape, nodes, featureNode, featureWidth, lastSpatialNode, logitsNode } = graph
  if (typeof architecture !== 'string') throw badWeights('graph has no architecture name')
  if (!Array.isArray(inputShape) || inputShape.length !== 3 || !inputShape.every(count))
    throw badWeights(`graph has input shape ${JSON.stringify(inputShape)}`)
  if (!Array.isArray(nodes)) throw badWeights('graph has no nodes')
  if (logitsNode !== undefined && typeof logitsNode !== 'string')
    throw badWeights('graph has a logits node without a name')
  const checked: Graph = {
    architecture,
    inputShape: inputShape as unknown as Graph['inputShape'],
    nodes: nodes.map(checkNode),
    featureNode: String(featureNode),
    featureWidth: Number(featureWidth),
    lastSpatialNode: String(lastSpatialNode),
    ...(logitsNode === undefined ? {} : { logitsNode }),
  }
  const shapes = inferShapes(checked)
  for (const name of [checked.featureNode, checked.lastSpatialNode, checked.logitsNode ?? checked.featureNode]) {
    if (!shapes.has(name)) throw badWeights(`graph has no node "${name}"`)
  }
  if (shapes.get(checked.featureNode)?.join() !== String(checked.featureWidth))
    throw badWeights(`node "${checked.featureNode}" is not ${checked.featureWidth} wide`)
  return checked
}

function checkNode(value: unknown, index: number): GraphNode {
  const node = asObject(value, `node ${index}`)
  const { op, name, inputs, stage } = node
  if (typeof name !== 'string' || name === '' || typeof stage !== 'string')
    throw badWeights(`node ${index} needs a name and a stage`)
  if (!Array.isArray(inputs) || inputs.length === 0 || !inputs.every((input) => typeof input === 'string'))
    throw badWeights(`node "${name}" needs inputs`)
  if (typeof op !== 'string' || !Object.hasOwn(FIELDS, op))
    throw badWeights(`node "${name}" has the unknown operation ${JSON.stringify(op)}`)
  // Object.hasOwn made sure that op is a key.
  const fields = FIELDS[op as Operation['op']]
  const kept: Record<string, unknown> = { op }
  for (const [field, check] of Object.entries(fields)) {
    if (!check(node[field])) throw badWeights(`node "${name}" (${op}) has ${field} ${JSON.stringify(node[field])}`)
    kept[field] = node[field]
  }
  // All fields of the operation were checked one by one.
  return { ...kept, name, inputs, stage } as unknown as GraphNode
}

function asObject(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw badWeights(`${what} is not an object`)
  return value as Readonly<Record<string, unknown>>
}
