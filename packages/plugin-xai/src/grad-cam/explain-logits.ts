import {
  activationGradient,
  createGraphModel,
  preprocess,
  toSquareRgb,
  type Engine,
  type GraphModel,
  type Model,
} from '@etsef/nn'
import { PipelineError, type PixelImage } from '@etsef/plugin-api'
import { camMap, camResidual, isCamMethod, type CamMethod } from './cam-methods.js'
import { forwardCam, type ForwardCamMethod, type LogitProbe } from './forward-cams.js'
import { explainableLayer, type ExplainableLayer } from './explainable-layer.js'

/** Explanation of one image. */
export interface LogitExplanation {
  /** Raw map of the target layer, row-major `[height, width]`. */
  readonly map: Float64Array
  /** Class explained. */
  readonly target: number
  /** Class with the largest logit. */
  readonly predicted: number
  /** All logits, as predicted. */
  readonly logits: Float32Array
  /** |sum of the map − (logit − bias)| where the method promises 0, else NaN. */
  readonly additivityResidual: number
}

/** A network ready to be explained. Holds tensors until disposed. */
export interface Explainer {
  readonly layer: ExplainableLayer
  /** Explains a batch of images; the target of each is its predicted class unless one is given, of all or of each. */
  explain(images: readonly PixelImage[], target?: number | readonly number[]): LogitExplanation[]
  dispose(): void
}

/** Largest difference of logits between explaining and predicting, relative to the largest logit. */
const logitTolerance = 1e-6

/**
 * Puts a trained network on an engine to explain its logits.
 *
 * Images are resized and preprocessed by the model's own contract, as for prediction; the logits of the explained pass are compared with those of
 * a plain forward pass.
 *
 * @param options - `layer` as in {@link explainableLayer}.
 */
export function createExplainer(
  engine: Engine,
  model: Model,
  options: { readonly method: CamMethod | ForwardCamMethod; readonly targetLayer?: string },
): Explainer {
  const layer = explainableLayer(model.graph, model.classNames, options.targetLayer)
  const network = createGraphModel(engine, model.graph, model.weights)
  const bias = layer.linearBias === undefined ? undefined : model.weights.get(layer.linearBias)?.data
  return {
    layer,
    dispose: () => {
      network.dispose()
    },
    explain: (images, target) => {
      const input = engine.tf.tensor4d(networkInput(images, model), [images.length, ...model.graph.inputShape])
      // One pass gives the answer, whose class is explained, and the layer, from which the gradient goes on.
      const [activation, answer] = network.evaluate(new Map([['input', input]]), [layer.name, model.graph.logitsNode!])
      try {
        const logits = Float32Array.from(answer!.dataSync<'float32'>())
        const rows = images.map((_, i) => logits.slice(i * layer.numClasses, (i + 1) * layer.numClasses))
        const predicted = rows.map(argMax)
        const targets = targetsOf(predicted, target)
        const explained = activationGradient(network, input, layer.name, targets, activation)
        refuseOtherLogits(explained.logits, logits)
        const width = layer.shape[0] * layer.shape[1] * layer.shape[2]
        return images.map((_, i) => {
          const part = (values: Float32Array): Float32Array => values.subarray(i * width, (i + 1) * width)
          const evidence = { activations: part(explained.activations), shape: layer.shape }
          const map = isCamMethod(options.method)
            ? camMap(options.method, { ...evidence, gradients: part(explained.gradients) })
            : forwardCam(options.method, evidence, probeOf(network, layer, [input, i], targets[i]!))
          return {
            map,
            target: targets[i]!,
            predicted: predicted[i]!,
            logits: rows[i]!,
            additivityResidual: camResidual(options.method, map, rows[i]![targets[i]!]!, bias?.[targets[i]!]),
          }
        })
      } finally {
        engine.tf.dispose([input, activation!, answer!])
      }
    },
  }
}

/** The class explained of each image: its predicted one where none is given. */
function targetsOf(predicted: readonly number[], target: number | readonly number[] | undefined): number[] {
  return predicted.map((label, i) => (typeof target === 'object' ? target[i]! : (target ?? label)))
}

/** Changed values at a time that a network is asked about. */
const probeBatch = 32

/** Row `row` of an input, to be asked about in changed forms. */
function probeOf(
  network: GraphModel,
  { name, shape, numClasses }: ExplainableLayer,
  [input, row]: readonly [input: Parameters<typeof activationGradient>[1], row: number],
  target: number,
): LogitProbe {
  const { tf } = network.engine
  const { inputShape } = network.graph
  const size = inputShape.reduce((product, side) => product * side, 1)
  const ask = (node: string, own: readonly number[], values: readonly Float32Array[]): number[] => {
    const found: number[] = []
    for (let start = 0; start < values.length; start += probeBatch) {
      const some = values.slice(start, start + probeBatch)
      const joined = new Float32Array(some.length * some[0]!.length)
      some.forEach((each, i) => {
        joined.set(each, i * each.length)
      })
      const fed = tf.tensor(joined, [some.length, ...own])
      // What comes around a layer inside a block is computed from the picture.
      const around = tf.tidy(() => tf.tile(tf.slice(input, [row, 0, 0, 0], [1, -1, -1, -1]), [some.length, 1, 1, 1]))
      const feeds = new Map<string, typeof fed>([
        ['input', around],
        [node, fed],
      ])
      const [logits] = network.evaluate(feeds, [network.graph.logitsNode!])
      const numbers = logits!.dataSync<'float32'>()
      some.forEach((_, i) => found.push(numbers[i * numClasses + target]!))
      tf.dispose([fed, around, logits!])
    }
    return found
  }
  return {
    input: Float32Array.from(input.dataSync<'float32'>().subarray(row * size, (row + 1) * size)),
    inputShape,
    fromInput: (inputs) => ask('input', inputShape, inputs),
    fromLayer: (activations) => ask(name, shape, activations),
  }
}

/** Images as network input, `[batch, side, side, 3]`: the pixels that training and prediction read, under the model's own contract. */
export function networkInput(
  images: readonly PixelImage[],
  { graph, preprocessing }: Pick<Model, 'graph' | 'preprocessing'>,
): Float32Array {
  const [side] = graph.inputShape
  const length = side * side * 3
  const pixels = new Uint8Array(images.length * length)
  images.forEach((image, i) => {
    pixels.set(toSquareRgb(image, side), i * length)
  })
  return preprocess(pixels, preprocessing)
}

function refuseOtherLogits(explained: Float32Array, predicted: Float32Array): void {
  const scale = predicted.reduce((max, value) => Math.max(max, Math.abs(value)), 1)
  const worst = predicted.reduce((max, value, i) => Math.max(max, Math.abs(value - explained[i]!)), 0)
  if (worst <= logitTolerance * scale) return
  throw new PipelineError('ERR_NOT_FINITE', {
    message: 'Explaining gives other logits than predicting, so the map would be of another network',
    expected: `differences of at most ${String(logitTolerance)}`,
    received: String(worst),
  })
}

function argMax(values: Float32Array): number {
  return values.reduce((best, value, i) => (value > values[best]! ? i : best), 0)
}
