/** Class activation methods; see {@link camMap}. */
export const camMethods = ['grad-cam', 'grad-cam++', 'hires-cam', 'layer-cam', 'x-grad-cam'] as const

/** One of {@link camMethods}. */
export type CamMethod = (typeof camMethods)[number]

/** Whether a method weighs the layer by gradients. */
export function isCamMethod(method: string): method is CamMethod {
  return (camMethods as readonly string[]).includes(method)
}

/**
 * |sum of the map − (logit − bias)| where the method promises 0, else NaN.
 *
 * @param bias - Of the logit under a head of a global average pool and one dense layer; undefined under others.
 */
export function camResidual(method: string, map: Float64Array, logit: number, bias: number | undefined): number {
  if (bias === undefined || (method !== 'grad-cam' && method !== 'hires-cam')) return NaN
  return Math.abs(map.reduce((total, value) => total + value, 0) - (logit - bias))
}

/** Values of a layer for one image and the gradient of the explained logit with respect to them. */
export interface LayerEvidence {
  /** Row-major `[height, width, channels]`. */
  readonly activations: ArrayLike<number>
  /** Same layout; gradient of a logit, never of a probability (softmax flattens it to nothing where the network is sure). */
  readonly gradients: ArrayLike<number>
  readonly shape: readonly [height: number, width: number, channels: number]
}

/**
 * Raw class activation map of one image: signed, unscaled, float64 `[height, width]` of the layer.
 *
 * | method | map |
 * |---|---|
 * | `grad-cam` | Σ_c mean(g_c) · a_c (Selvaraju et al. 2017, arXiv:1610.02391, before the final ReLU) |
 * | `grad-cam++` | Σ_c w_c · a_c, w_c = Σ relu(g)·g² / (2g² + g³ Σa) (Chattopadhay et al. 2018, arXiv:1710.11063, in the form of pytorch-grad-cam 1.5, without the exponential) |
 * | `hires-cam` | Σ_c g_c ⊙ a_c (Draelos and Carin 2020, arXiv:2011.08891) |
 * | `layer-cam` | Σ_c relu(g_c) ⊙ a_c (Jiang et al. 2021) |
 * | `x-grad-cam` | Σ_c (Σ g·a / Σ a) · a_c (Fu et al. 2020, arXiv:2008.02312) |
 *
 * For a head of global average pooling and one dense layer the sum of `grad-cam`, `hires-cam` and `x-grad-cam` maps is logit − bias, exactly.
 */
export function camMap(method: CamMethod, evidence: LayerEvidence): Float64Array {
  const { activations, gradients, shape } = evidence
  const [height, width, channels] = shape
  const map = new Float64Array(height * width)
  const weights = channelWeights(method, evidence)
  for (let i = 0; i < map.length; i++) {
    const start = i * channels
    let sum = 0
    if (weights)
      for (let channel = 0; channel < channels; channel++) sum += weights[channel]! * activations[start + channel]!
    else
      for (let at = start; at < start + channels; at++)
        sum += (method === 'layer-cam' ? Math.max(gradients[at]!, 0) : gradients[at]!) * activations[at]!
    map[i] = sum
  }
  return map
}

/** Weight per channel, float64 `[channels]`; `undefined` for the methods that weigh each position by itself. */
export function channelWeights(method: CamMethod, evidence: LayerEvidence): Float64Array | undefined {
  switch (method) {
    case 'grad-cam':
      return meanGradients(evidence)
    case 'grad-cam++':
      return plusPlusWeights(evidence)
    case 'x-grad-cam':
      return activationShares(evidence)
    case 'hires-cam':
    case 'layer-cam':
      return undefined
  }
}

function meanGradients({ gradients, shape: [height, width, channels] }: LayerEvidence): Float64Array {
  const means = new Float64Array(channels)
  for (let start = 0; start < height * width * channels; start += channels)
    for (let channel = 0; channel < channels; channel++) means[channel]! += gradients[start + channel]!
  return means.map((sum) => sum / (height * width))
}

function plusPlusWeights({ activations, gradients, shape: [height, width, channels] }: LayerEvidence): Float64Array {
  const sums = perChannel(height * width, channels, (_, at) => activations[at]!)
  return perChannel(height * width, channels, (channel, at) => {
    const gradient = gradients[at]!
    if (gradient <= 0) return 0
    const square = gradient * gradient
    return (gradient * square) / (2 * square + sums[channel]! * square * gradient + 1e-6)
  })
}

function activationShares({ activations, gradients, shape: [height, width, channels] }: LayerEvidence): Float64Array {
  const sums = perChannel(height * width, channels, (_, at) => activations[at]!)
  const weighted = perChannel(height * width, channels, (_, at) => gradients[at]! * activations[at]!)
  return weighted.map((value, channel) => value / (sums[channel]! + 1e-7))
}

function perChannel(positions: number, channels: number, term: (channel: number, at: number) => number): Float64Array {
  const sums = new Float64Array(channels)
  for (let i = 0; i < positions; i++) {
    for (let channel = 0; channel < channels; channel++) sums[channel]! += term(channel, i * channels + channel)
  }
  return sums
}
