import type { Graph, ParameterSpec, Weights, WeightTensor } from './graph.js'
import { parametersOf, sizeOf } from './parameters.js'
import { hashString, mixBits, normalStream, uniformStream } from './random.js'
import { wrongWeightShape } from '../errors.js'

/** Standard deviation of a standard normal cut off at two standard deviations. */
const TRUNCATED_STD = 0.87962566103423978

/**
 * Seeded weights for every parameter of a network. Each parameter has its own stream, drawn from the seed and its full name, so
 * that another head does not change the backbone.
 *
 * @param seed - 32-bit integer.
 * @param given - Weights that take precedence, by full name; shapes must fit.
 * @throws PipelineError `ERR_WEIGHTS` that names the parameter when a given weight has another shape.
 * @see He et al. 2015, arXiv:1502.01852; Glorot & Bengio 2010; cut-off normal as in Keras 3 (depthwise kernels use fan-in `h * w`, unlike Keras)
 */
export function initWeights(graph: Graph, seed: number, given?: Weights): Weights {
  const weights = new Map<string, WeightTensor>()
  for (const parameter of parametersOf(graph)) {
    const known = given?.get(parameter.name)
    if (known !== undefined && known.shape.join() !== parameter.shape.join()) {
      throw wrongWeightShape(parameter.name, parameter.shape, known.shape)
    }
    weights.set(parameter.name, known ?? initParameter(parameter, seed))
  }
  return weights
}

/** Initial value of one parameter, as {@link initWeights} draws it. */
export function initParameter(parameter: ParameterSpec, seed: number): WeightTensor {
  const data = new Float32Array(sizeOf(parameter.shape))
  const streamSeed = mixBits(seed ^ hashString(parameter.name))
  switch (parameter.init) {
    case 'zeros':
      break
    case 'ones':
      data.fill(1)
      break
    case 'heNormal': {
      const std = Math.sqrt(2 / fans(parameter.shape).fanIn) / TRUNCATED_STD
      const normal = normalStream(streamSeed)
      for (let i = 0; i < data.length; i++) {
        let value = normal()
        while (Math.abs(value) > 2) value = normal()
        data[i] = value * std
      }
      break
    }
    case 'glorotUniform': {
      const { fanIn, fanOut } = fans(parameter.shape)
      const limit = Math.sqrt(6 / (fanIn + fanOut))
      const uniform = uniformStream(streamSeed)
      for (let i = 0; i < data.length; i++) data[i] = (2 * uniform() - 1) * limit
      break
    }
  }
  return { shape: parameter.shape, data }
}

function fans(shape: readonly number[]): { readonly fanIn: number; readonly fanOut: number } {
  if (shape.length === 2) return { fanIn: shape[0]!, fanOut: shape[1]! }
  const receptiveField = shape[0]! * shape[1]!
  // A kernel [h, w, channels, 1] is depthwise: each output sees one channel.
  const fanIn = shape[3] === 1 ? receptiveField : receptiveField * shape[2]!
  return { fanIn, fanOut: receptiveField * shape[3]! }
}
