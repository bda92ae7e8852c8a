import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { loadEngine, readModel, resize, type Model } from '@etsef/nn'
import {
  PipelineError,
  collectAttributions,
  collectImages,
  indexIds,
  type AttributionBatch,
  type ImageBatch,
  type OperationContext,
  type PixelImage,
  type PredictorValue,
  type ReportImplementation,
  type SeedlessContext,
} from '@etsef/plugin-api'
import { borderShare, localize, type Localization } from '../grad-cam/localization.js'
import { normalizeMap } from '../grad-cam/normalize-map.js'
import { mapShapeOf } from '../picture-maps/map-shape.js'
import { pointOfMap } from '../superpixels/point-of-map.js'
import { madeLike } from '../superpixels/replace-superpixels.js'
import { askAbout } from '../vote-shap/ask-predictor.js'
import { borderAlarm, frameOf, type BorderAlarm, type FrameRows } from './border-model.js'
import { checkReport, type MethodCheck, type TestedMap } from './check-report.js'
import { isCamMethod, modelChecks, relativeChange } from './model-checks.js'
import { randomMap } from './random-map.js'
import { asImage, removalScores } from './removal-tests.js'
import type { Plane } from './impute-pixels.js'
import type { CheckOptions, checkInputs, checkOutputs } from './check.js'

type Implementation = ReportImplementation<CheckOptions, typeof checkInputs, typeof checkOutputs, OperationContext>

/** Figures of every input with maps, each beside a random map, and the alarm. */
export const run: Implementation['run'] = async ({ options, inputs, ctx }) => {
  const images = await collectImages(inputs.images, ctx.signal)
  const masks = inputs.masks && (await collectImages(inputs.masks, ctx.signal))
  const model = inputs.model && (await readModel(inputs.model.dir))
  const methods: MethodCheck[] = []
  for (const { name, value } of inputs.attributions) {
    const maps = await collectAttributions(value, ctx.signal)
    methods.push(await checkMethod(name, maps, { images, masks, model, predictor: inputs.predictor, options, ctx }))
  }
  const alarm = await alarmOf(images, ctx)
  const report = checkReport(methods, alarm, ctx.rng('intervals'))
  if (alarm?.isRaised === true) ctx.log('warn', report.alarm)
  const dir = ctx.outputDir('report')
  await writeFile(join(dir, 'check.json'), `${JSON.stringify(report.json, null, 1)}\n`)
  await writeFile(join(dir, 'check.md'), report.text)
  return { report: { kind: 'report', dir, metrics: report.metrics, table: report.table } }
}

interface Given {
  readonly images: ImageBatch
  readonly masks: ImageBatch | undefined
  readonly model: Model | undefined
  readonly predictor: PredictorValue
  readonly options: CheckOptions
  readonly ctx: OperationContext
}

async function checkMethod(name: string, maps: AttributionBatch, given: Given): Promise<MethodCheck> {
  const { images, masks, model, predictor, options, ctx } = given
  const [height, width] = mapShapeOf(maps, name)
  const [find, findMask] = [rowsOf(images, 'images'), masks && rowsOf(masks, 'masks')]
  const chosen = spread(maps.ids.length, options.maxImages)
  const tested: TestedMap[] = []
  const pictures: PixelImage[] = []
  for (const at of chosen) {
    const id = maps.ids[at]!
    const row = find(id)
    const plane = await planeOf(images, row, [height, width])
    const picture = asImage(plane.data, plane)
    pictures.push(picture)
    const asker = await askAbout(predictor, images, row, {
      unit: options.value,
      batchSize: options.batchSize,
      signal: ctx.signal,
      target: maps.targets[at]!,
    })
    const map = maps.values.subarray(at * height * width, (at + 1) * height * width)
    const random = randomMap([height, width], ctx.rng('random map', id))
    const mask = findMask && masks && maskOf(await masks.load(findMask(id)), [height, width])
    const judge = async (own: ArrayLike<number>, point?: number): Promise<TestedMap['map']> => ({
      ...(await removalScores(plane, own, asker.evaluate, ctx.rng('removal', id))),
      borderShare: borderShare(own, [height, width]),
      ...located(mask && localize(own, mask, point)),
    })
    tested.push({
      id,
      group: images.groups[row]!,
      isEmpty: normalizeMap(map).isEmpty,
      map: await judge(map, pointOfMap(maps.method, map, [height, width])),
      random: await judge(random),
    })
    ctx.progress(tested.length, chosen.length, `maps of ${name}`)
  }
  const isOfModel = model !== undefined && isCamMethod(maps.method)
  const targets = chosen.map((at) => maps.targets[at]!)
  return {
    name,
    method: maps.method,
    tested,
    ...(isOfModel && isCamMethod(maps.method)
      ? {
          model: modelChecks(await engineOf(ctx), model, {
            ...{ method: maps.method, pictures, targets },
            rng: ctx.rng('model', name),
            repeats: options.randomizations,
          }),
          randomSensitivity: relativeChange(
            randomMap([height, width], ctx.rng('a')),
            randomMap([height, width], ctx.rng('b')),
          ),
        }
      : {}),
  }
}

function engineOf(ctx: SeedlessContext): ReturnType<typeof loadEngine> {
  return loadEngine({
    ...(ctx.engine === 'tensorflow' || ctx.engine === 'wasm' ? { prefer: ctx.engine } : {}),
    threads: ctx.threads,
  })
}

function located(localization: Localization | undefined): Partial<TestedMap['map']> {
  if (!localization) return {}
  return {
    pointing: Number(localization.isHit),
    relevanceMass: localization.energyInside,
    lesionArea: localization.area,
  }
}

/** A row's picture as numbers in [0, 255], in a map's shape. */
async function planeOf(images: ImageBatch, row: number, [height, width]: readonly [number, number]): Promise<Plane> {
  const picture = await images.load(row)
  const channels = picture.shape[2] >= 3 ? 3 : 1
  const shape = [height, width, channels] as const
  const [rows, columns] = picture.shape
  if (picture.shape[2] === channels && picture.dtype === 'uint8') {
    const data = Float32Array.from(picture.data)
    return {
      data:
        rows === height && columns === width
          ? data
          : resize({ height: rows, width: columns, channels, data }, height, width).data,
      shape,
    }
  }
  return { data: madeLike(picture, { dtype: 'uint8', shape }), shape }
}

function maskOf(
  { shape: [height, width, channels], data }: PixelImage,
  [rows, columns]: readonly [number, number],
): Uint8Array {
  return Uint8Array.from({ length: rows * columns }, (_, at) => {
    const y = Math.floor(((Math.floor(at / columns) + 0.5) * height) / rows)
    const x = Math.floor((((at % columns) + 0.5) * width) / columns)
    return data[(y * width + x) * channels]! > 0 ? 1 : 0
  })
}

function rowsOf(batch: ImageBatch, port: string): (id: string) => number {
  const index = indexIds(batch.ids, port)
  return (id) => {
    const row = index.get(id)
    if (row !== undefined) return row
    throw new PipelineError('ERR_MISSING_ID', {
      message: `Row id "${id}" of attributions is missing in ${port}`,
      port,
      hint: 'take both from the same images',
    })
  }
}

function spread(length: number, most: number): number[] {
  if (length <= most) return Array.from({ length }, (_, i) => i)
  return Array.from({ length: most }, (_, i) => Math.floor(((i + 0.5) * length) / most))
}

/** Frames of original train rows against those of all held-out rows. */
async function alarmOf(images: ImageBatch, ctx: OperationContext): Promise<BorderAlarm | undefined> {
  const frames = async (wanted: readonly string[], most: number): Promise<FrameRows> => {
    const rows = images.partitions.flatMap((partition, row) =>
      wanted.includes(partition) && images.parentIds[row] === images.ids[row] && images.labels[row]! >= 0 ? [row] : [],
    )
    const used = ctx
      .rng('frames')
      .shuffle(rows)
      .slice(0, most)
      .sort((a, b) => a - b)
    const found: Float64Array[] = []
    for (const row of used) {
      ctx.signal.throwIfAborted()
      found.push(frameOf(await images.load(row)))
    }
    return {
      frames: found,
      labels: used.map((row) => images.labels[row]!),
      groups: used.map((row) => images.groups[row]!),
    }
  }
  return borderAlarm(
    await frames(['train'], 600),
    await frames(['val', 'test'], 1000),
    images.classNames.length,
    ctx.rng('alarm'),
  )
}
