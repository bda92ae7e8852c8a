import { readModel, type Graph, type Model } from '@etsef/nn'
import {
  PipelineError,
  collectImages,
  collectPredictions,
  indexIds,
  pickRows,
  type AttributionBatch,
  type CombineImplementation,
  type ImageBatch,
  type PredictionBatch,
  type SeedlessContext,
  type Static,
} from '@etsef/plugin-api'
import { of } from 'rxjs'
import type { LogitExplanation } from './explain-logits.js'
import { explainRows } from './explain-rows.js'
import type { ExplainableLayer } from './explainable-layer.js'
import type { gradCamInputs, gradCamOptions, gradCamOutputs } from './grad-cam.js'
import { combinedMap } from '../combine-maps/combined-map.js'
import { mirrorMap, mirrorPicture } from './mirror.js'
import { normalizeMap } from './normalize-map.js'
import { openExplainer } from './open-explainer.js'
import { placeMap, receptiveGrid } from './receptive-grid.js'
import { explainedRows } from '../explained/explained-rows.js'
import { explainedClass } from '../vote-shap/vote-value.js'
import { targetIndex } from './target-index.js'

type Options = Static<typeof gradCamOptions>
type Implementation = CombineImplementation<Options, typeof gradCamInputs, typeof gradCamOutputs>

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
  const target = targetIndex(options.targetClass, model.classNames)
  const predictions = inputs.predictions && (await collectPredictions(inputs.predictions, ctx.signal))
  const answerOf = predictions === undefined ? (row: number) => row : answers(images, predictions)
  const rows = explainedRows(images.partitions, options)
  const wanted = predictions === undefined ? target : rows.map((row) => explainedClass(predictions, answerOf(row)))
  const layers = Array.isArray(options.targetLayer) ? options.targetLayer : [options.targetLayer]
  const made: PlacedMap[][] = []
  // Further layers, and mirrored pictures, are asked about the class that the first pass explained.
  for (const layer of layers)
    made.push(await mapsOfLayer(model, layer, { options, images, rows, ctx, target: targetsIn(made[0]) ?? wanted }))
  const batch = toBatch(images, rows, made, options)
  const numEmpty = batch.empty.reduce((total, value) => total + value, 0)
  if (numEmpty > 0)
    ctx.log('warn', `${String(numEmpty)} of ${String(rows.length)} maps hold no positive evidence for their class`)
  return { attributions: of(batch) }
}

/** Row of the predictions by that of the images. @throws PipelineError `ERR_CLASS_LIST`, or from what is returned `ERR_MISSING_ID`. */
function answers(images: ImageBatch, predictions: PredictionBatch): (row: number) => number {
  if (predictions.classNames.join('\n') !== images.classNames.join('\n')) {
    throw new PipelineError('ERR_CLASS_LIST', {
      message: 'The predictions have other classes than the images',
      port: 'predictions',
      expected: images.classNames.join(', '),
      received: predictions.classNames.join(', '),
    })
  }
  const index = indexIds(predictions.ids, 'predictions')
  return (row) => {
    const found = index.get(images.ids[row]!)
    if (found !== undefined) return found
    throw new PipelineError('ERR_MISSING_ID', {
      message: `Row id "${images.ids[row]!}" of images is missing in predictions`,
      port: 'predictions',
      hint: 'take the predictions of the same rows',
    })
  }
}

/** What is explained of which rows. */
interface Asked {
  readonly options: Options
  readonly images: ImageBatch
  readonly rows: readonly number[]
  readonly ctx: SeedlessContext
  readonly target: number | readonly number[] | undefined
}

/** A map as it is given out. */
interface PlacedMap {
  readonly values: Float64Array
  readonly shape: readonly [height: number, width: number]
  readonly target: number
  readonly additivityResidual: number
  /** Nothing speaks for the class. */
  readonly isEmpty: boolean
}

function targetsIn(maps: readonly PlacedMap[] | undefined): number[] | undefined {
  return maps?.map(({ target }) => target)
}

/** A map for each row of one layer. */
async function mapsOfLayer(model: Model, layer: string | null, asked: Asked): Promise<PlacedMap[]> {
  const { options, images, rows, ctx, target } = asked
  const explainer = await openExplainer(model, {
    method: options.method,
    ...(layer !== null && { targetLayer: layer }),
    ...{ engine: ctx.engine, threads: ctx.threads },
    log: (line) => {
      ctx.log('warn', line)
    },
  })
  try {
    const { shape, place } = mapForm(options, model.graph, explainer.layer)
    const passes = options.flip ? 2 : 1
    const explain = (pass: number, wanted: Asked['target']): Promise<LogitExplanation[]> =>
      explainRows(
        explainer,
        rows,
        async (row) => (pass === 0 ? await images.load(row) : mirrorPicture(await images.load(row))),
        {
          ...{ batchSize: options.batchSize, target: wanted, signal: ctx.signal },
          progress: (done) => {
            ctx.progress(pass * rows.length + done, passes * rows.length, 'images')
          },
        },
      )
    const own = (await explain(0, target)).map(({ map, target: explained, additivityResidual }): PlacedMap => ({
      ...{ values: place(map), shape, target: explained, additivityResidual },
      isEmpty: normalizeMap(map).isEmpty,
    }))
    if (!options.flip) return own
    const mirrored = await explain(1, targetsIn(own))
    return own.map(({ values, target: explained }, i) => {
      const back = mirrorMap(place(mirrored[i]!.map), shape)
      const mean = values.map((value, at) => (value + back[at]!) / 2)
      const { isEmpty } = normalizeMap(mean)
      return { values: mean, shape, target: explained, additivityResidual: NaN, isEmpty }
    })
  } finally {
    await explainer.close()
  }
}

function toBatch(
  images: ImageBatch,
  rows: readonly number[],
  layers: readonly (readonly PlacedMap[])[],
  { method, combine, flip }: Options,
): AttributionBatch {
  const [first] = layers
  const isCombined = layers.length > 1
  const [height, width] = first![0]!.shape
  const values = new Float32Array(rows.length * height * width)
  const maps = first!.map(({ values: own }, i) =>
    isCombined
      ? combinedMap(
          layers.map((layer) => layer[i]!.values),
          combine,
        )
      : own,
  )
  maps.forEach((map, i) => {
    values.set(map, i * height * width)
  })
  const added = [...(isCombined ? [`${combine} of ${String(layers.length)} layers`] : []), ...(flip ? ['flips'] : [])]
  return {
    kind: 'attributions',
    ...pickRows(images, rows),
    values,
    shape: [height, width],
    method: [method, ...added].join(', '),
    unit: isCombined ? 'share of the maximum' : 'logit',
    targets: Int32Array.from(first!, ({ target }) => target),
    empty: Uint8Array.from(first!, (_, i) => (layers.every((layer) => layer[i]!.isEmpty) ? 1 : 0)),
    additivityResidual: Float64Array.from(first!, ({ additivityResidual }) => (isCombined ? NaN : additivityResidual)),
  }
}

interface MapForm {
  readonly shape: readonly [height: number, width: number]
  /** Map of the layer to values of `shape`. */
  readonly place: (map: Float64Array) => Float64Array
}

function mapForm({ grid }: Options, graph: Graph, { name, shape: [height, width] }: ExplainableLayer): MapForm {
  if (grid === 'cells') return { shape: [height, width], place: (map) => map }
  const shape = [graph.inputShape[0], graph.inputShape[1]] as const
  const receptive = receptiveGrid(graph, name)
  return { shape, place: (map) => placeMap(map, [height, width], receptive, shape) }
}
