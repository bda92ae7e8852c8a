import { upsampleMap } from './upsample-map.js'
import type { LayerEvidence } from './cam-methods.js'

/** Class activation methods that need no gradient; see {@link forwardCam}. */
export const forwardCamMethods = ['score-cam', 'ablation-cam', 'eigen-cam'] as const

/** One of {@link forwardCamMethods}. */
export type ForwardCamMethod = (typeof forwardCamMethods)[number]

/** A network asked for the explained logit, from its input or from the layer on. */
export interface LogitProbe {
  /** Preprocessed picture, `[side, side, 3]`. */
  readonly input: Float32Array
  readonly inputShape: readonly [height: number, width: number, channels: number]
  /** Logit of the explained class for changed pictures. */
  fromInput(this: void, inputs: readonly Float32Array[]): number[]
  /** Logit of the explained class for changed values of the layer. */
  fromLayer(this: void, activations: readonly Float32Array[]): number[]
}

/**
 * Raw map of a method that needs no gradient, float64 `[height, width]` of the layer.
 *
 * | method | map |
 * |---|---|
 * | `score-cam` | Σ_c softmax(logit of the picture times channel c, stretched to [0, 1] and enlarged) · a_c (Wang et al. 2020, arXiv:1910.01279, as pytorch-grad-cam 1.5) |
 * | `ablation-cam` | Σ_c (y − y without channel c) / y · a_c (Ramaswamy 2020) |
 * | `eigen-cam` | activations along their first principal component (Muhammad and Yeasin 2020, arXiv:2008.00299). It knows no class |
 */
export function forwardCam(
  method: ForwardCamMethod,
  { activations, shape }: Pick<LayerEvidence, 'activations' | 'shape'>,
  probe: LogitProbe,
): Float64Array {
  if (method === 'eigen-cam') return eigenMap(activations, shape)
  const weights =
    method === 'score-cam' ? scoreWeights(activations, shape, probe) : ablationWeights(activations, shape, probe)
  const channels = shape[2]
  return Float64Array.from({ length: shape[0] * shape[1] }, (_, i) =>
    weights.reduce((sum, weight, c) => sum + weight * activations[i * channels + c]!, 0),
  )
}

function channelOf(activations: ArrayLike<number>, channel: number, channels: number): Float32Array {
  return Float32Array.from({ length: activations.length / channels }, (_, i) => activations[i * channels + channel]!)
}

function scoreWeights(
  activations: ArrayLike<number>,
  [height, width, channels]: LayerEvidence['shape'],
  { input, inputShape, fromInput }: LogitProbe,
): Float64Array {
  const masked = Array.from({ length: channels }, (_, c) => {
    const mask = upsampleMap(channelOf(activations, c, channels), [height, width], [inputShape[0], inputShape[1]])
    const [low, high] = [Math.min(...mask), Math.max(...mask)]
    return input.map((value, at) => (value * (mask[Math.floor(at / inputShape[2])]! - low)) / (high - low + 1e-8))
  })
  const scores = fromInput(masked)
  const top = Math.max(...scores)
  const powers = scores.map((score) => Math.exp(score - top))
  const sum = powers.reduce((total, power) => total + power, 0)
  return Float64Array.from(powers, (power) => power / sum)
}

function ablationWeights(
  activations: ArrayLike<number>,
  [, , channels]: LayerEvidence['shape'],
  { fromLayer }: LogitProbe,
): Float64Array {
  const whole = Float32Array.from(activations)
  const ablated = Array.from({ length: channels }, (_, c) =>
    whole.map((value, at) => (at % channels === c ? 0 : value)),
  )
  const [own, ...without] = fromLayer([whole, ...ablated])
  // A logit of nothing has no shares.
  return Float64Array.from(without, (value) => (own === 0 ? 0 : (own! - value) / own!))
}

function eigenMap(activations: ArrayLike<number>, [height, width, channels]: LayerEvidence['shape']): Float64Array {
  const places = height * width
  const means = Float64Array.from(
    { length: channels },
    (_, c) => channelOf(activations, c, channels).reduce((sum, value) => sum + value, 0) / places,
  )
  const centred = Float64Array.from({ length: places * channels }, (_, at) => activations[at]! - means[at % channels]!)
  const axis = firstComponent(centred, channels)
  const map = Float64Array.from({ length: places }, (_, i) =>
    axis.reduce((sum, weight, c) => sum + weight * centred[i * channels + c]!, 0),
  )
  // The sign of a component means nothing: that of the mean activation does.
  let agreement = 0
  for (let i = 0; i < places; i++) for (let c = 0; c < channels; c++) agreement += map[i]! * centred[i * channels + c]!
  return agreement < 0 ? map.map((value) => -value) : map
}

/** Power iteration on the covariance of rows; zeros where all rows are equal. */
function firstComponent(rows: Float64Array, width: number): Float64Array {
  const spread = Float64Array.from({ length: width }, (_, c) => {
    let sum = 0
    for (let at = c; at < rows.length; at += width) sum += rows[at]! ** 2
    return sum
  })
  // It starts where most of the spread is, so never at a right angle to the first component of data that has one.
  let axis = Float64Array.from(spread, (value, c) => Math.sqrt(value) * (1 + c / (10 * width)))
  for (let round = 0; round < 1000; round++) {
    const next = new Float64Array(width)
    for (let start = 0; start < rows.length; start += width) {
      let along = 0
      for (let c = 0; c < width; c++) along += rows[start + c]! * axis[c]!
      for (let c = 0; c < width; c++) next[c]! += along * rows[start + c]!
    }
    const length = Math.sqrt(next.reduce((sum, value) => sum + value * value, 0))
    if (length === 0) return next
    const turned = next.map((value) => value / length)
    const change = turned.reduce((most, value, c) => Math.max(most, Math.abs(value - axis[c]!)), 0)
    axis = turned
    if (change < 1e-14) break
  }
  return axis
}
