import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readModel } from '@etsef/nn'
import {
  PipelineError,
  collectAttributions,
  collectImages,
  collectPredictions,
  indexIds,
  type AttributionBatch,
  type ImageBatch,
  type OperationContext,
  type PixelImage,
  type PredictionBatch,
  type PredictorRows,
  type ReportImplementation,
} from '@etsef/plugin-api'
import { normalizeMap } from '../grad-cam/normalize-map.js'
import type { Player } from '../members/find-members.js'
import { membersReport, type CaseGame } from '../members/members-report.js'
import { shareCases } from '../members/share-cases.js'
import { drawOverlay } from '../picture-maps/draw-overlay.js'
import { mapShapeOf } from '../picture-maps/map-shape.js'
import type { CaseJson, CaseMap, CaseMembers, CasesJson } from './cases-json.js'
import type { CasesOptions, casesInputs, casesOutputs } from './cases.js'
import { classMaps, type DrawableMap } from './class-maps.js'
import { chooseCases, type ChosenCase } from './choose-cases.js'

type Implementation = ReportImplementation<CasesOptions, typeof casesInputs, typeof casesOutputs, OperationContext>

/** Pixels of a picture's longer side: a page has dozens of them, and is mailed. */
const side = 256
/** Of the JPEG files: a tenth of the bytes of a PNG file, and no difference that an eye finds at this size. */
const quality = 88

/** Cases with their pictures. */
export const run: Implementation['run'] = async ({ options, inputs, ctx }) => {
  const images = await collectImages(inputs.images, ctx.signal)
  const predictions = await collectPredictions(inputs.predictions, ctx.signal)
  const maps: NamedMaps[] = []
  for (const { name, value } of inputs.attributions)
    maps.push(mapsOf(name, await collectAttributions(value, ctx.signal)))
  const mapped = new Set(maps.flatMap(({ batch }) => batch.ids))
  const { chosen, numRows, numWrong } = chooseCases(predictions, mapped, options)
  if (chosen.length === 0) {
    throw new PipelineError('ERR_TOO_FEW_ROWS', {
      message: `There are no ${options.partition} rows to tell of`,
      option: 'partition',
      hint: 'choose a partition that the predictions have, and maps of its rows',
    })
  }
  const rows = rowsOf(images, chosen)
  const { players, traced, answers, cases, games } = await shareCases(
    { images, chosen: rows, predictor: inputs.predictor },
    options,
    ctx,
  )
  refuseOtherVote(answers, predictions, chosen)
  const classIndex = (name: string | null): number => (name === null ? -1 : images.classNames.indexOf(name))
  const asked = cases.map(({ explainedClass, trueClass }, i) => ({
    row: rows[i]!,
    // The answer, and where it is another the truth.
    classes: [...new Set([classIndex(explainedClass), classIndex(trueClass)])].filter((index) => index >= 0),
  }))
  const ofNetworks: DrawableMap[][][] = []
  for (const { name, value } of inputs.models)
    ofNetworks.push(await classMaps(name, await readModel(value.dir), { images, asked, ctx }))
  const { json: shares, metrics } = membersReport(cases, games, options.value)
  const dir = ctx.outputDir('report')
  await mkdir(join(dir, 'pictures'))
  const told: CaseJson[] = []
  for (const [i, { id, isRight }] of chosen.entries()) {
    ctx.signal.throwIfAborted()
    const image = await images.load(rows[i]!)
    const file = `pictures/${String(i + 1).padStart(4, '0')}`
    await saveJpeg(join(dir, `${file}.jpg`), image, [0], [1, 1])
    const drawn: CaseMap[] = []
    const own = [...maps.map(({ find }) => find(id)), ...ofNetworks.flatMap((network) => network[i]!)]
    for (const map of own) {
      if (map === undefined) continue
      const mapFile = `${file}-${String(drawn.length + 1)}.jpg`
      await saveJpeg(join(dir, mapFile), image, map.values, map.shape)
      drawn.push({ ...map.about, file: mapFile })
    }
    const { explainedClass, trueClass, value, classifiers, baseModels } = shares.cases[i]!
    told.push({
      ...{ id, trueClass, answer: answers.classNames[answers.predicted[i]!] ?? null, isRight, explainedClass, value },
      ...{ picture: `${file}.jpg`, maps: drawn },
      classifiers: membersOf(players.classifiers, classifiers, traced, i),
      baseModels: baseModels === undefined ? null : membersOf(players.baseModels, baseModels, traced, i),
    })
    ctx.progress(told.length, chosen.length, 'cases')
  }
  const numWrongTold = told.filter(({ isRight }) => isRight === false).length
  if (numWrongTold < numWrong)
    ctx.log('warn', `${String(numWrongTold)} of ${String(numWrong)} wrong rows are told of (maxCases)`)
  const json: CasesJson = {
    formatVersion: 1,
    ...{ partition: options.partition, unit: options.value, numRows, numWrong, numCases: told.length, cases: told },
  }
  await writeFile(join(dir, 'cases.json'), `${JSON.stringify(json, null, 1)}\n`)
  const figures = { numRows, numWrong, numCases: told.length, residual: metrics['residual']! }
  return { report: { kind: 'report', dir, metrics: figures } }
}

/** Maps of one input, found by row id. */
interface NamedMaps {
  readonly batch: AttributionBatch
  readonly find: (id: string) => DrawableMap | undefined
}

/** @throws PipelineError as {@link mapShapeOf}. */
function mapsOf(name: string, batch: AttributionBatch): NamedMaps {
  const [height, width] = mapShapeOf(batch, name)
  const index = indexIds(batch.ids, 'attributions')
  return {
    batch,
    find: (id) => {
      const row = index.get(id)
      if (row === undefined) return undefined
      const values = batch.values.subarray(row * height * width, (row + 1) * height * width)
      const { max, isEmpty } = normalizeMap(values)
      const explainedClass = batch.classNames[batch.targets[row]!] ?? ''
      return {
        values,
        shape: [height, width],
        about: { name, method: batch.method, unit: batch.unit, explainedClass, max, isEmpty },
      }
    },
  }
}

/** Rows of the images, in the order of the cases. @throws PipelineError `ERR_MISSING_ID` for a row that images lack. */
function rowsOf(images: ImageBatch, chosen: readonly ChosenCase[]): number[] {
  const index = indexIds(images.ids, 'images')
  return chosen.map(({ id }) => {
    const row = index.get(id)
    if (row !== undefined) return row
    throw new PipelineError('ERR_MISSING_ID', {
      message: `Row id "${id}" of predictions is missing in images`,
      port: 'images',
      hint: 'take the images that the vote answers',
    })
  })
}

/** Shares of one vote beside the mistakes of another would mislead. */
function refuseOtherVote(answers: PredictionBatch, predictions: PredictionBatch, chosen: readonly ChosenCase[]): void {
  const nameIn = ({ classNames, predicted }: PredictionBatch, row: number): string =>
    classNames[predicted[row]!] ?? 'no class'
  for (const [i, { id, row }] of chosen.entries()) {
    if (nameIn(answers, i) === nameIn(predictions, row)) continue
    throw new PipelineError('ERR_NOT_ADDITIVE', {
      message: `The predictor answers row "${id}" otherwise than the predictions, so its members did not make that answer`,
      expected: nameIn(predictions, row),
      received: nameIn(answers, i),
      hint: 'take predictor and predictions of the same node, and test rows: others may be answered out of fold',
    })
  }
}

/** Each player with what it says by itself. */
function membersOf(
  players: readonly Player[],
  { base, shares }: CaseGame,
  traced: PredictorRows,
  i: number,
): CaseMembers {
  return {
    base,
    members: players.map(({ name, outputs }) => {
      const own = outputs.map((output) => traced.get(output)).find((rows) => rows?.kind === 'predictions')
      const says = own?.kind === 'predictions' ? (own.classNames[own.predicted[i]!] ?? null) : null
      return { name, says, share: shares[name]! }
    }),
  }
}

async function saveJpeg(
  path: string,
  image: PixelImage,
  map: ArrayLike<number>,
  mapShape: readonly [number, number],
): Promise<void> {
  const canvas = drawOverlay(image, map, mapShape, { shortest: side, longest: side })
  await writeFile(path, await canvas.encode('jpeg', quality))
}
