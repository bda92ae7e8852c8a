import { createGraphModel, loadEngine, readModel, type GraphModel, type Model } from '@etsef/nn'
import {
  PipelineError,
  collectImages,
  pickRows,
  type CombineImplementation,
  type ImageBatch,
  type OperationContext,
} from '@etsef/plugin-api'
import { of } from 'rxjs'
import { explainedRows, trainRows } from '../explained/explained-rows.js'
import { networkInput } from '../grad-cam/explain-logits.js'
import { explainableLayer } from '../grad-cam/explainable-layer.js'
import { normalizeMap } from '../grad-cam/normalize-map.js'
import { targetIndex } from '../grad-cam/target-index.js'
import { expectedGradients, integratedGradients } from './integrated-gradients.js'
import { networkFunction } from './network-function.js'
import { occlusion } from './occlusion.js'
import { gaussLegendreRule, midpointRule } from './quadrature.js'
import { smoothGrad } from './smooth-grad.js'
import type { PixelsOptions, pixelsInputs, pixelsOutputs } from './pixels.js'

type Implementation = CombineImplementation<PixelsOptions, typeof pixelsInputs, typeof pixelsOutputs, OperationContext>

/** A raw map per chosen row. */
export const run: Implementation['run'] = async ({ options, inputs, ctx }) => {
  const images = await collectImages(inputs.images, ctx.signal)
  const model = await readModel(inputs.model.dir)
  if (model.classNames.join('\n') !== images.classNames.join('\n')) {
    throw new PipelineError('ERR_CLASS_LIST', {
      message: 'The model has other classes than the images',
      port: 'model',
      expected: images.classNames.join(', '),
      received: model.classNames.join(', '),
    })
  }
  // Refuses a network that gives no logits.
  explainableLayer(model.graph, model.classNames)
  const wanted = targetIndex(options.targetClass, model.classNames)
  const rows = explainedRows(images.partitions, options)
  const train = trainRows(images.partitions, 'to take a baseline from')
  const engine = await loadEngine({
    ...(ctx.engine === 'tensorflow' || ctx.engine === 'wasm' ? { prefer: ctx.engine } : {}),
    threads: ctx.threads,
  })
  const network = createGraphModel(engine, model.graph, model.weights)
  try {
    const drawn = ctx.rng('background').shuffle(train).slice(0, options.background)
    const baselines: Float32Array[] = []
    for (const row of drawn) baselines.push(await inputOf(images, row, model))
    const explained: Explained[] = []
    for (const row of rows) {
      ctx.signal.throwIfAborted()
      const point = await inputOf(images, row, model)
      const target = wanted ?? predictedClass(network, point, model.classNames.length)
      const rng = ctx.rng('noise', images.ids[row]!)
      explained.push({ target, ...explain(network, target, point, baselines, options, rng) })
      ctx.progress(explained.length, rows.length, 'images')
    }
    const incomplete = explained.filter(({ residual, difference }) => residual > 0.01 * Math.abs(difference)).length
    if (incomplete > 0)
      ctx.log(
        'warn',
        `${String(incomplete)} of ${String(rows.length)} maps do not sum to the difference of the logit within 1 %; raise maxSteps`,
      )
    const [height, width] = model.graph.inputShape
    const values = new Float32Array(rows.length * height * width)
    explained.forEach(({ map }, i) => {
      values.set(map, i * height * width)
    })
    return {
      attributions: of({
        kind: 'attributions' as const,
        ...pickRows(images, rows),
        values,
        shape: [height, width],
        method: options.method,
        unit: options.method === 'smooth-grad' ? 'logit per unit of input' : 'logit',
        targets: Int32Array.from(explained, ({ target }) => target),
        empty: Uint8Array.from(explained, ({ map }) => (normalizeMap(map).isEmpty ? 1 : 0)),
        additivityResidual: Float64Array.from(explained, ({ residual }) => residual),
      }),
    }
  } finally {
    network.dispose()
  }
}

interface Explanation {
  readonly map: Float64Array
  /** NaN where the method promises no sum. */
  readonly residual: number
  readonly difference: number
}

interface Explained extends Explanation {
  readonly target: number
}

function explain(
  network: GraphModel,
  target: number,
  point: Float32Array,
  baselines: readonly Float32Array[],
  { method, quadrature, maxSteps, samples, sigma, patch, stride, batchSize }: PixelsOptions,
  rng: ReturnType<OperationContext['rng']>,
): Explanation {
  const { graph } = network
  const shape = graph.inputShape
  const head = graph.nodes.find(({ name }) => name === graph.logitsNode)
  const weights = Array.from({ length: head?.op === 'dense' ? head.units : 0 }, (_, k) => Number(k === target))
  const f = networkFunction(network, graph.logitsNode!, weights)
  const noSum = { residual: NaN, difference: NaN }
  switch (method) {
    case 'integrated-gradients': {
      const { values, residual, difference } = integratedGradients(f, point, meanOf(baselines), {
        rule: quadrature === 'midpoint' ? midpointRule : gaussLegendreRule,
        maxSteps,
        batchSize,
      })
      return { map: overChannels(values, shape[2]), residual, difference }
    }
    case 'expected-gradients': {
      const { values, residual, difference } = expectedGradients(f, point, baselines, () => rng.next(), {
        samples,
        maxSamples: maxSteps,
        batchSize,
      })
      return { map: overChannels(values, shape[2]), residual, difference }
    }
    case 'smooth-grad': {
      const range = Math.max(...point) - Math.min(...point)
      const values = smoothGrad(f, point, () => rng.normal(), { samples, sigma: sigma * (range || 1), batchSize })
      return { map: overChannels(values, shape[2]), ...noSum }
    }
    case 'occlusion':
      return { map: occlusion(f, point, meanOf(baselines), shape, { patch, stride, batchSize }), ...noSum }
  }
}

function meanOf(pictures: readonly Float32Array[]): Float32Array {
  return pictures[0]!.map((_, at) => pictures.reduce((sum, picture) => sum + picture[at]!, 0) / pictures.length)
}

function overChannels(values: Float64Array, channels: number): Float64Array {
  const map = new Float64Array(values.length / channels)
  values.forEach((value, at) => (map[Math.floor(at / channels)]! += value))
  return map
}

async function inputOf(images: ImageBatch, row: number, model: Model): Promise<Float32Array> {
  return networkInput([await images.load(row)], model)
}

function predictedClass(network: GraphModel, point: Float32Array, numClasses: number): number {
  const logits = Array.from({ length: numClasses }, (_, k) => {
    const weights = Array.from({ length: numClasses }, (__, other) => Number(other === k))
    return networkFunction(network, network.graph.logitsNode!, weights).values(point)[0]!
  })
  return logits.indexOf(Math.max(...logits))
}
