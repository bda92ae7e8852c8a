import { collectImages, type EstimatorImplementation, type OperationContext, type Static } from '@etsef/plugin-api'
import { loadEngine, openPixelStore, readModel, viewPresets, writeModel, type Graph, type Model } from '@etsef/nn'
import type { pretrainInputs, pretrainOptions, pretrainOutputs } from './pretrain.js'
import { pretrainSimclr } from './pretrain-simclr.js'

type Implementation = EstimatorImplementation<
  Static<typeof pretrainOptions>,
  typeof pretrainInputs,
  typeof pretrainOutputs,
  Model,
  OperationContext
>

/** Learns from the pictures of train rows. */
export const fit: Implementation['fit'] = async ({ options, inputs, ctx }) => {
  const [images, init] = await Promise.all([collectImages(inputs.images, ctx.signal), readModel(inputs.init.dir)])
  const side = options.inputSize ?? init.graph.inputShape[0]
  const pixels = await openPixelStore(images, { side, signal: ctx.signal })
  const prefer = ctx.engine === 'tensorflow' || ctx.engine === 'wasm' ? ctx.engine : 'auto'
  const engine = await loadEngine({
    prefer,
    log: (line) => {
      ctx.log('warn', line)
    },
  })
  const preset = viewPresets[options.views]
  const views = options.minCrop === null ? preset : { ...preset, cropScale: [options.minCrop, 1] as const }
  const resized: Graph = { ...init.graph, inputShape: [side, side, 3] }
  const { graph, weights, history } = await pretrainSimclr({
    engine,
    graph: resized,
    weights: init.weights,
    pixels,
    preprocessing: init.preprocessing,
    options: {
      epochs: options.epochs,
      batchSize: options.batchSize,
      learningRate: options.learningRate,
      temperature: options.temperature,
      projection: options.projection,
      warmupEpochs: options.warmupEpochs,
      batchNormMomentum: options.batchNormMomentum,
      views,
    },
    seed: ctx.seed,
    signal: ctx.signal,
    checkpoint: { directory: ctx.checkpointDir, name: 'simclr' },
    onEpoch: (record) => {
      ctx.progress(record.epoch, options.epochs, 'epochs')
      ctx.metric('loss', record.loss, record.epoch)
      ctx.metric('position', record.position, record.epoch)
      ctx.metric('std', record.std, record.epoch)
    },
  })
  const last = history.at(-1)
  if (last !== undefined && last.position > 0.98) {
    ctx.log(
      'warn',
      `the loss ended at ${(last.position * 100).toFixed(1)} % of the way to that of equal embeddings: little was learned`,
    )
  }
  return {
    graph,
    weights,
    classNames: [],
    preprocessing: init.preprocessing,
    trainingRecord: { init: init.trainingRecord, options, engine: engine.id, numTrain: pixels.size, history },
  }
}

/** Writes the model directory. */
export const save: Implementation['save'] = (state, dir) => writeModel(dir, state)

/** Reads the model directory. */
export const load: Implementation['load'] = (dir) => readModel(dir)
