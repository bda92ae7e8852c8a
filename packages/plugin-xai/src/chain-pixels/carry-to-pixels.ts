import { PipelineError } from '@etsef/plugin-api'
import type { GraphModel } from '@etsef/nn'
import { networkFunction } from '../pixels/network-function.js'
import type { PathOptions } from '../pixels/integrated-gradients.js'
import { refinedPathGradients } from './refined-paths.js'

/** What one base model adds to a margin, in its pixels. */
export interface CarriedPart {
  /** Row-major `[height, width]`, summed over channels. */
  readonly map: Float64Array
  /** Its weighed features at the picture minus their mean at the baselines: what the map sums to but for `residual`. */
  readonly difference: number
  readonly residual: number
  /** Gradients asked for on each line, on average. */
  readonly numSteps: number
}

/**
 * The share of one base model in a linear margin, carried to its pixels: integrated gradients of the weighed sum of its features.
 *
 * The gradient of Σ w_k f_k is Σ w_k ∇f_k, so one pass with the weights as cotangent is the sum of the integrated gradients of every feature, each times its
 * weight. Nothing is divided by a difference of a feature, which may be zero.
 *
 * @param weights - One for each feature of the network.
 * @param point - Network input of the picture.
 * @param baselines - Network inputs from which paths start.
 */
export function carryToPixels(
  network: GraphModel,
  weights: Float64Array,
  point: Float32Array,
  baselines: readonly Float32Array[],
  options: PathOptions,
): CarriedPart {
  const { featureNode, inputShape } = network.graph
  const { values, difference, residual, numSteps } = refinedPathGradients(
    networkFunction(network, featureNode, weights),
    point,
    baselines,
    options,
  )
  const map = new Float64Array(inputShape[0] * inputShape[1])
  values.forEach((value, at) => (map[Math.floor(at / inputShape[2])]! += value))
  return { map, difference, residual, numSteps }
}

/**
 * The share of one base model in a linear margin, in the cells of the layer whose mean its features are: Σ w_k (a_k(cell) − m_k) / cells. The mean is linear, so
 * the map sums to Σ w_k (f_k − m_k) within rounding, in one pass. Each cell is spread evenly over its pixels.
 *
 * @param means - What each feature is measured against.
 * @throws PipelineError `ERR_BAD_OPTION` where the features are no mean over a layer.
 */
export function carryToCells(
  network: GraphModel,
  weights: Float64Array,
  point: Float32Array,
  means: Float64Array,
  name: string,
): Pick<CarriedPart, 'map'> {
  const { graph, engine } = network
  const pool = graph.nodes.find((node) => node.name === graph.featureNode)
  if (pool?.op !== 'globalAvgPool') {
    throw new PipelineError('ERR_BAD_OPTION', {
      message: `The features of network "${name}" are no mean over the cells of a layer`,
      option: 'method',
      expected: 'method: integrated-gradients',
      received: `pooled-layer, and features of ${pool?.op ?? 'no node'}`,
    })
  }
  const { activations, shape } = engine.tf.tidy(() => {
    const input = engine.tf.tensor(point, [1, ...graph.inputShape])
    const [output] = network.evaluate(new Map([['input', input]]), [pool.inputs[0]!])
    return { activations: Float32Array.from(output!.dataSync<'float32'>()), shape: output!.shape }
  })
  const [rows, columns, channels] = shape.slice(1) as [number, number, number]
  const cells = Float64Array.from({ length: rows * columns }, (_, cell) =>
    weights.reduce((sum, weight, k) => sum + weight * (activations[cell * channels + k]! - means[k]!), 0),
  )
  const [height, width] = graph.inputShape
  const cellOf = (at: number): number =>
    Math.floor((Math.floor(at / width) * rows) / height) * columns + Math.floor(((at % width) * columns) / width)
  const sizes = new Float64Array(cells.length)
  for (let at = 0; at < height * width; at++) sizes[cellOf(at)]!++
  const map = Float64Array.from(
    { length: height * width },
    (_, at) => cells[cellOf(at)]! / (cells.length * sizes[cellOf(at)]!),
  )
  return { map }
}

/** Relative distance of a feature from that in the table: what other engines round differently. */
const sameFeature = 1e-3

/**
 * The features of a picture must be the columns that the classifier saw.
 *
 * @throws PipelineError `ERR_SHAPE_MISMATCH` when they are others: another network, order, or a scaling on the way.
 */
export function refuseOtherFeatures(
  network: GraphModel,
  point: Float32Array,
  columns: Float32Array,
  { id, name }: { readonly id: string; readonly name: string },
): void {
  const { graph, engine } = network
  const found = engine.tf.tidy(() => {
    const input = engine.tf.tensor(point, [1, ...graph.inputShape])
    return Float32Array.from(
      network.evaluate(new Map([['input', input]]), [graph.featureNode])[0]!.dataSync<'float32'>(),
    )
  })
  const scale = columns.reduce((most, value) => Math.max(most, Math.abs(value)), 1)
  const at = columns.findIndex((value, k) => !(Math.abs(value - found[k]!) <= sameFeature * scale))
  if (at < 0) return
  throw new PipelineError('ERR_SHAPE_MISMATCH', {
    message: `Features of row "${id}" are not those that network "${name}" gives`,
    port: 'features',
    expected: `${String(found[at])} at column ${String(at)} of the network`,
    received: String(columns[at]),
    hint: 'give the networks in the order of their columns, and features as backbones/extract gives them: without layer or tta, and fused without normalize or weights',
  })
}
