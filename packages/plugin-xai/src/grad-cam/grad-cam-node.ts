import { readModel, type Graph } from '@etsef/nn'
import {
  PipelineError,
  collectImages,
  pickRows,
  type AttributionBatch,
  type CombineImplementation,
  type ImageBatch,
  type Static,
} from '@etsef/plugin-api'
import { of } from 'rxjs'
import type { LogitExplanation } from './explain-logits.js'
import { explainRows } from './explain-rows.js'
import type { ExplainableLayer } from './explainable-layer.js'
import type { gradCamInputs, gradCamOptions, gradCamOutputs } from './grad-cam.js'
import { normalizeMap } from './normalize-map.js'
import { openExplainer } from './open-explainer.js'
import { placeMap, receptiveGrid } from './receptive-grid.js'
import { spreadRows } from './pick-rows.js'
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
  const rows = spreadRows(images.partitions, options.partition, options.maxImages)
  if (rows.length === 0) {
    throw new PipelineError('ERR_TOO_FEW_ROWS', {
      message: `There are no ${options.partition} images to explain`,
      option: 'partition',
      hint: 'choose a partition that the split has',
    })
  }
  const explainer = await openExplainer(model, {
    method: options.method,
    ...(options.targetLayer !== null && { targetLayer: options.targetLayer }),
    ...{ engine: ctx.engine, threads: ctx.threads },
    log: (line) => {
      ctx.log('warn', line)
    },
  })
  try {
    const explanations = await explainRows(explainer, rows, (row) => images.load(row), {
      ...{ batchSize: options.batchSize, target, signal: ctx.signal },
      progress: (done) => {
        ctx.progress(done, rows.length, 'images')
      },
    })
    const batch = toBatch(images, rows, explanations, mapForm(options, model.graph, explainer.layer))
    const numEmpty = batch.empty.reduce((total, value) => total + value, 0)
    if (numEmpty > 0)
      ctx.log('warn', `${String(numEmpty)} of ${String(rows.length)} maps hold no positive evidence for their class`)
    return { attributions: of(batch) }
  } finally {
    await explainer.close()
  }
}

function toBatch(
  images: ImageBatch,
  rows: readonly number[],
  explanations: readonly LogitExplanation[],
  { method, place, shape: [height, width] }: MapForm,
): AttributionBatch {
  const values = new Float32Array(rows.length * height * width)
  explanations.forEach(({ map }, i) => {
    values.set(place(map), i * height * width)
  })
  return {
    kind: 'attributions',
    ...pickRows(images, rows),
    values,
    shape: [height, width],
    method,
    unit: 'logit',
    targets: Int32Array.from(explanations, ({ target }) => target),
    empty: Uint8Array.from(explanations, ({ map }) => (normalizeMap(map).isEmpty ? 1 : 0)),
    additivityResidual: Float64Array.from(explanations, ({ additivityResidual }) => additivityResidual),
  }
}

interface MapForm {
  readonly method: string
  readonly shape: readonly [height: number, width: number]
  /** Map of the layer to values of `shape`. */
  readonly place: (map: Float64Array) => Float64Array
}

function mapForm({ grid, method }: Options, graph: Graph, { name, shape: [height, width] }: ExplainableLayer): MapForm {
  if (grid === 'cells') return { method, shape: [height, width], place: (map) => map }
  const shape = [graph.inputShape[0], graph.inputShape[1]] as const
  const receptive = receptiveGrid(graph, name)
  return { method, shape, place: (map) => placeMap(map, [height, width], receptive, shape) }
}
