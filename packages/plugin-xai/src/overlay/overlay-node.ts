import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Canvas } from '@etsef/drawing'
import {
  PipelineError,
  collectAttributions,
  collectImages,
  collectPredictions,
  indexIds,
  type AttributionBatch,
  type ImageBatch,
  type PredictionBatch,
  type ReportImplementation,
  type Static,
} from '@etsef/plugin-api'
import { borderShare, localize, type Localization } from '../grad-cam/localization.js'
import { normalizeMap } from '../grad-cam/normalize-map.js'
import { upsampleMap } from '../grad-cam/upsample-map.js'
import { mapShapeOf } from '../picture-maps/map-shape.js'
import { pointOfMap } from '../superpixels/point-of-map.js'
import { drawPanel, drawPicture, formatNumber } from './draw-panel.js'
import { fullColor } from './full-color.js'
import { drawSheet, panelsOfSheet } from './draw-sheet.js'
import type { overlayInputs, overlayOptions, overlayOutputs } from './overlay.js'
import { picturedRows } from './pictured-rows.js'
import { summarize, type ImageSummary } from './summarize.js'

type Implementation = ReportImplementation<Static<typeof overlayOptions>, typeof overlayInputs, typeof overlayOutputs>

/** A picture per explained image, a sheet of all, and figures. */
export const run: Implementation['run'] = async ({ options, inputs, ctx }) => {
  const attributions = await collectAttributions(inputs.attributions, ctx.signal)
  const [height, width] = mapShapeOf(attributions, 'attributions')
  const images = find(await collectImages(inputs.images, ctx.signal), 'images')
  const masks = inputs.masks && find(await collectImages(inputs.masks, ctx.signal), 'masks')
  const predictions = inputs.predictions && (await collectPredictions(inputs.predictions, ctx.signal))
  const dir = ctx.outputDir('report')
  await mkdir(join(dir, 'overlays'), { recursive: true })
  const maps = attributions.ids.map((_, row) =>
    attributions.values.subarray(row * height * width, (row + 1) * height * width),
  )
  const colors = maps.map((map) => fullColor(map, options.outlierPercent))
  const strongest = colors.reduce((most, color) => Math.max(most, color), 0)
  const summaries: ImageSummary[] = []
  const plain: PlainPicture[] = []
  const panels: Canvas[] = []
  const rows = picturedRows(attributions, predictions)
  const answers = predictions && indexIds(predictions.ids, 'predictions')
  let numDrawn = 0
  for (const { id, map: row } of rows) {
    ctx.signal.throwIfAborted()
    const isDrawn = numDrawn < options.maxPictures
    if (row === undefined && (!isDrawn || !images.has(id))) continue
    const image = await images.load(id)
    const mask =
      masks && (row !== undefined || masks.has(id)) ? resizeMask(await masks.load(id), image.shape) : undefined
    const file = isDrawn ? `overlays/${String(++numDrawn).padStart(3, '0')}.png` : undefined
    const classes = classesOf(attributions, row, answers?.get(id) ?? -1, predictions)
    if (row === undefined) {
      const lines = [classCaption(classes), 'no map was made of it', id]
      await savePng(drawPicture({ image, mask, caption: lines }), join(dir, file!))
      plain.push({ id, ...classes, file: file! })
      continue
    }
    const map = maps[row]!
    const upsampled = upsampleMap(map, [height, width], [image.shape[0], image.shape[1]])
    const point = pointOfMap(attributions.method, map, [height, width])
    const localization =
      mask &&
      localize(upsampled, mask, point === undefined ? undefined : samePlace(point, [height, width], image.shape))
    const summary: ImageSummary = {
      id,
      ...classes,
      explainedClass: attributions.classNames[attributions.targets[row]!]!,
      max: normalizeMap(map).max,
      isEmpty: attributions.empty[row] === 1,
      borderShare: borderShare(upsampled, [image.shape[0], image.shape[1]]),
      additivityResidual: attributions.additivityResidual[row]!,
      localization,
      ...(file === undefined ? {} : { file }),
    }
    summaries.push(summary)
    ctx.progress(summaries.length, attributions.ids.length, 'images')
    if (file === undefined) continue
    const panel = drawPanel({
      image,
      map,
      mapShape: [height, width],
      scaleMax: (options.scale === 'shared' ? strongest : colors[row]!) || 1,
      unit: attributions.unit,
      explainedClass: summary.explainedClass,
      mask,
      caption: caption(summary, attributions),
    })
    await savePng(panel, join(dir, file))
    if (panels.length < panelsOfSheet(options.columns)) panels.push(panel)
  }
  if (panels.length < summaries.length) {
    ctx.log(
      'warn',
      `sheet.png shows the first ${panels.length} of ${summaries.length} maps; overlays/ has ${numDrawn} pictures (maxPictures), wrong rows first`,
    )
  }
  await savePng(drawSheet(panels, options.columns), join(dir, 'sheet.png'))
  const { metrics, table } = summarize(summaries)
  await writeFile(
    join(dir, 'attributions.json'),
    `${JSON.stringify({ method: attributions.method, unit: attributions.unit, metrics, images: summaries, withoutMap: plain }, nanAsNull, 1)}\n`,
  )
  return { report: { kind: 'report', dir, metrics, table } }
}

/** A pixel of a map in a picture of another size. */
function samePlace(
  at: number,
  [height, width]: readonly [number, number],
  [rows, columns]: readonly [number, number, number],
): number {
  const [y, x] = [Math.floor(at / width), at % width]
  return Math.floor(((y + 0.5) * rows) / height) * columns + Math.floor(((x + 0.5) * columns) / width)
}

/** A picture of a row that no map explains. */
interface PlainPicture extends Pick<ImageSummary, 'id' | 'trueClass' | 'predictedClass'> {
  readonly file: string
}

/** Pixels by row id. */
interface PictureLookup {
  readonly has: (id: string) => boolean
  readonly load: (id: string) => ReturnType<ImageBatch['load']>
}

function find(batch: ImageBatch, name: string): PictureLookup {
  const index = indexIds(batch.ids, name)
  return {
    has: (id) => index.has(id),
    load: (id) => {
      const row = index.get(id)
      if (row === undefined)
        throw new PipelineError('ERR_MISSING_ID', {
          message: `Row id "${id}" of attributions is missing in ${name}`,
          port: name,
          hint: 'take both from the same images',
        })
      return batch.load(row)
    },
  }
}

/** The true class of a row, by its map or else its prediction, and the predicted one. */
function classesOf(
  { classNames, labels }: AttributionBatch,
  map: number | undefined,
  at: number,
  predictions: PredictionBatch | undefined,
): Pick<ImageSummary, 'trueClass' | 'predictedClass'> {
  const label = map === undefined ? predictions?.labels[at] : labels[map]
  return {
    trueClass: classNames[label ?? -1],
    predictedClass: predictions && at >= 0 ? (classNames[predictions.predicted[at]!] ?? 'abstained') : undefined,
  }
}

function classCaption({ trueClass, predictedClass }: Pick<ImageSummary, 'trueClass' | 'predictedClass'>): string {
  return [
    `true: ${trueClass ?? 'unknown'}`,
    ...(predictedClass === undefined ? [] : [`predicted: ${predictedClass}`]),
  ].join(' · ')
}

function caption(summary: ImageSummary, { method, unit }: AttributionBatch): string[] {
  const { id, explainedClass, isEmpty, max, localization } = summary
  const classes = [`explained: ${explainedClass}`, classCaption(summary)]
  const evidence = isEmpty ? 'no positive evidence' : `max ${formatNumber(max)} ${unit}`
  const lesion = localization
    ? [
        `maximum ${localization.isHit ? 'on' : 'off'} the lesion (outlined)`,
        `${formatNumber(100 * localization.energyInside)} % of the evidence inside, ${formatNumber(100 * localization.area)} % of the area`,
      ]
    : []
  return [classes.join(' · '), [method, evidence].join(', '), ...(lesion.length > 0 ? [lesion.join('; ')] : []), id]
}

function resizeMask(
  { shape: [height, width, channels], data }: Awaited<ReturnType<ImageBatch['load']>>,
  target: readonly [number, number, number],
): Uint8Array {
  return Uint8Array.from({ length: target[0] * target[1] }, (_, i) => {
    const row = Math.floor(((Math.floor(i / target[1]) + 0.5) * height) / target[0])
    const column = Math.floor((((i % target[1]) + 0.5) * width) / target[1])
    return data[(row * width + column) * channels]! > 0 ? 255 : 0
  })
}

async function savePng(canvas: Canvas, path: string): Promise<void> {
  await writeFile(path, await canvas.encode('png'))
}

function nanAsNull(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? null : value
}

export type { Localization }
