import {
  PipelineError,
  collectImages,
  pickRows,
  type AttributionBatch,
  type CombineImplementation,
  type ImageBatch,
  type OperationContext,
  type PixelImage,
} from '@etsef/plugin-api'
import { of } from 'rxjs'
import { explainedRows, trainRows } from '../explained/explained-rows.js'
import { normalizeMap } from '../grad-cam/normalize-map.js'
import { checkAdditivity } from '../tree-shap/additivity.js'
import { madeLike } from '../superpixels/replace-superpixels.js'
import { askAbout } from './ask-predictor.js'
import { explainPicture, type PictureExplanation } from './explain-picture.js'
import type { VoteShapOptions, voteShapInputs, voteShapOutputs } from './vote-shap.js'

type Implementation = CombineImplementation<
  VoteShapOptions,
  typeof voteShapInputs,
  typeof voteShapOutputs,
  OperationContext
>

/** Relative distance between the row's answer and that to its unchanged picture under another name. */
const sameAnswer = 1e-6

/** Maps and standard errors of the chosen rows. */
export const run: Implementation['run'] = async ({ options, inputs, ctx }) => {
  const images = await collectImages(inputs.images, ctx.signal)
  const rows = explainedRows(images.partitions, options)
  const backgrounds = await drawBackgrounds(images, options, ctx)
  const explained: Explained[] = []
  for (const row of rows) {
    const asker = await askAbout(inputs.predictor, images, row, {
      unit: options.value,
      batchSize: options.batchSize,
      signal: ctx.signal,
    })
    const explanation = await explainPicture(await images.load(row), backgrounds, asker.evaluate, {
      ...options,
      rng: ctx.rng('orders', images.ids[row]!),
    })
    refuseOtherAnswer(asker.own, explanation.full, images.ids[row]!)
    checkAdditivity(
      explanation.values,
      { base: Float64Array.of(explanation.base), outputs: Float64Array.of(explanation.full) },
      images.ids[row]!,
    )
    explained.push({ ...explanation, target: asker.target, residual: residualOf(explanation) })
    ctx.progress(explained.length, rows.length, 'images')
  }
  report(explained, ctx)
  return {
    attributions: of(toBatch(images, rows, explained, options, 'map')),
    errors: of(toBatch(images, rows, explained, options, 'errorMap')),
  }
}

interface Explained extends PictureExplanation {
  readonly target: number
  /** |sum of the map − (full − base)|. */
  readonly residual: number
}

/** What stands for absent superpixels: train rows, and no others. */
async function drawBackgrounds(
  images: ImageBatch,
  { background, absent }: VoteShapOptions,
  ctx: OperationContext,
): Promise<PixelImage[]> {
  const train = trainRows(images.partitions, 'to stand for what is absent')
  const drawn = ctx.rng('background').shuffle(train).slice(0, background)
  const pictures = await Promise.all(drawn.map((row) => images.load(row)))
  if (absent === 'train-rows') return pictures
  const [first] = pictures
  const mean = new Float32Array(first!.data.length)
  for (const picture of pictures)
    madeLike(picture, first!).forEach((value, at) => (mean[at]! += value / pictures.length))
  return [{ ...first!, dtype: first!.dtype, data: rounded(mean, first!.dtype) }]
}

function rounded(values: Float32Array, dtype: PixelImage['dtype']): PixelImage['data'] {
  if (dtype === 'float32') return values
  const whole = values.map(Math.round)
  return dtype === 'uint8' ? Uint8Array.from(whole) : Uint16Array.from(whole)
}

/** What is explained must be what was answered. */
function refuseOtherAnswer(own: number, full: number, id: string): void {
  if (Math.abs(own - full) <= sameAnswer * Math.max(1, Math.abs(own))) return
  throw new PipelineError('ERR_NOT_ADDITIVE', {
    message: `Row "${id}" is known by name to what was fitted: its answer is another than that to the same picture from elsewhere`,
    expected: String(own),
    received: String(full),
    hint: 'explain test rows',
  })
}

function residualOf({ map, full, base }: PictureExplanation): number {
  return Math.abs(map.reduce((sum, value) => sum + value, 0) - (full - base))
}

function report(explained: readonly Explained[], ctx: OperationContext): void {
  const mean = (of: (each: Explained) => number): number =>
    explained.reduce((sum, each) => sum + of(each), 0) / explained.length
  ctx.metric(
    'evaluations',
    explained.reduce((sum, each) => sum + each.numEvaluations, 0),
  )
  ctx.metric(
    'players',
    mean(({ superpixels }) => superpixels.numSegments),
  )
  ctx.metric(
    'standardError',
    mean(({ standardErrors }) => standardErrors.reduce((sum, value) => sum + value, 0) / standardErrors.length),
  )
  ctx.metric('residual', Math.max(...explained.map(({ residual }) => residual)))
  const numEmpty = explained.filter(({ map }) => normalizeMap(map).isEmpty).length
  if (numEmpty > 0)
    ctx.log(
      'warn',
      `${String(numEmpty)} of ${String(explained.length)} pictures have no superpixel that speaks for the class`,
    )
}

function toBatch(
  images: ImageBatch,
  rows: readonly number[],
  explained: readonly Explained[],
  { size, value }: VoteShapOptions,
  of: 'map' | 'errorMap',
): AttributionBatch {
  const values = new Float32Array(rows.length * size * size)
  explained.forEach((each, i) => {
    values.set(each[of], i * size * size)
  })
  return {
    kind: 'attributions',
    ...pickRows(images, rows),
    values,
    shape: [size, size],
    method: of === 'map' ? 'vote-shap' : 'vote-shap standard error',
    unit: value,
    targets: Int32Array.from(explained, ({ target }) => target),
    empty: Uint8Array.from(explained, (each) => (normalizeMap(each[of]).isEmpty ? 1 : 0)),
    additivityResidual: Float64Array.from(explained, ({ residual }) => (of === 'map' ? residual : NaN)),
  }
}
