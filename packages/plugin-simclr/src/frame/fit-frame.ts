import { loadEngine, openPixelStore, readModel, viewPresets, type Graph, type Model } from '@etsef/nn'
import {
  collectImages,
  createRng,
  type InputsOf,
  type OperationContext,
  type Static,
  type Type,
} from '@etsef/plugin-api'
import { planProbe } from '../monitors/probes.js'
import type { frameInputs, frameOptions } from './frame-options.js'
import type { SelfSupervisedMethod } from './method.js'
import { trainSelfSupervised } from './train-frame.js'
import { withUnlabelled } from './with-unlabelled.js'

/** Values of the options that all self-supervised operations have. */
type Options = Static<ReturnType<typeof Type.Object<typeof frameOptions>>>

/** Learns from the pictures of train rows. Labels reach the method only when it is a supervised one; all else, the probes alone. */
export async function fitFrame(
  method: SelfSupervisedMethod,
  args: {
    readonly options: Options
    readonly inputs: InputsOf<typeof frameInputs>
    readonly ctx: OperationContext
  },
): Promise<Model> {
  const { options, inputs, ctx } = args
  const [labelled, init] = await Promise.all([collectImages(inputs.images, ctx.signal), readModel(inputs.init.dir)])
  const others = await Promise.all(inputs.unlabelled.map(({ value }) => collectImages(value, ctx.signal)))
  const images = withUnlabelled(labelled, others)
  const side = options.inputSize ?? init.graph.inputShape[0]
  const pixels = await openPixelStore(images, { side, keepsOriginals: true, signal: ctx.signal })
  const prefer = ctx.engine === 'tensorflow' || ctx.engine === 'wasm' ? ctx.engine : 'auto'
  const engine = await loadEngine({
    prefer,
    log: (line) => {
      ctx.log('warn', line)
    },
  })
  const preset = viewPresets[options.views ?? 'grayscale']
  const views = options.minCrop === null ? preset : { ...preset, cropScale: [options.minCrop, 1] as const }
  const resized: Graph = { ...init.graph, inputShape: [side, side, 3] }
  const { graph, weights, history, before } = await trainSelfSupervised({
    engine,
    method,
    graph: resized,
    weights: init.weights,
    pixels,
    preprocessing: init.preprocessing,
    labels: images.labels,
    probe: planProbe(labelled, createRng(ctx.seed, 'probe')),
    options: {
      epochs: options.epochs,
      batchSize: options.batchSize,
      ...(options.chunk === null ? {} : { chunk: options.chunk }),
      learningRate: options.learningRate,
      optimizer: options.optimizer,
      weightDecay: options.weightDecay,
      warmupEpochs: options.warmupEpochs,
      batchNormMomentum: options.batchNormMomentum,
      views,
    },
    seed: ctx.seed,
    signal: ctx.signal,
    checkpoint: { directory: ctx.checkpointDir, name: method.name },
    onEpoch: ({ epoch, ...figures }) => {
      ctx.progress(epoch, options.epochs, 'epochs')
      for (const [name, value] of Object.entries(figures)) if (value !== null) ctx.metric(name, value, epoch)
    },
  })
  return {
    graph,
    weights,
    classNames: [],
    preprocessing: init.preprocessing,
    trainingRecord: { init: init.trainingRecord, options, engine: engine.id, numTrain: pixels.size, before, history },
  }
}
