import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  PipelineError,
  collectImages,
  pickFeatures,
  pickImages,
  pickPredictions,
  type FeatureBatch,
  type ImageBatch,
  type OperationContext,
  type PredictionBatch,
  type PredictorRows,
  type PredictorValue,
  type ReportImplementation,
} from '@etsef/plugin-api'
import { spreadRows } from '../grad-cam/pick-rows.js'
import { answersIn, explainedClass, voteValue } from '../vote-shap/vote-value.js'
import { findPlayers, type Player } from './find-members.js'
import { membersReport, type CaseShares, type GameShares } from './members-report.js'
import { shareDecisions } from './share-decision.js'
import type { MembersOptions, membersInputs, membersOutputs } from './members.js'

type Implementation = ReportImplementation<
  MembersOptions,
  typeof membersInputs,
  typeof membersOutputs,
  OperationContext
>

/** Shares of every chosen case, and their means. */
export const run: Implementation['run'] = async ({ options, inputs: { images: images$, predictor }, ctx }) => {
  const images = await collectImages(images$, ctx.signal)
  const chosen = spreadRows(images.partitions, options.partition, options.maxImages)
  if (chosen.length === 0) {
    throw new PipelineError('ERR_TOO_FEW_ROWS', {
      message: `There are no ${options.partition} images to explain`,
      option: 'partition',
      hint: 'choose a partition that the split has',
    })
  }
  const players = findPlayers(predictor)
  const rows = pickImages(images, chosen)
  const traced = await predictor.trace(rows)
  const answers = answersIn(await predictor.apply(rows, traced), options.value)
  const targets = chosen.map((_, i) => explainedClass(answers, i))
  const valuesOf = (batch: FeatureBatch | PredictionBatch): number[] => {
    const own = answersIn(batch, options.value)
    return targets.map((target, i) => voteValue(own, i, target, options.value))
  }
  const classifiers = await shareDecisions(namesOf(players.classifiers), chosen.length, async (coalition) => {
    ctx.signal.throwIfAborted()
    // Where nobody says anything there is no vote to ask: it speaks for no class.
    if (coalition === 0) return new Float64Array(chosen.length)
    const given = new Map(
      players.classifiers.map(({ outputs: [output] }, i) => {
        const batch = traced.get(output!) as PredictionBatch
        return [output!, ((coalition >> i) & 1) === 1 ? batch : silent(batch)]
      }),
    )
    return valuesOf(await predictor.apply(rows, given))
  })
  const backgrounds = players.baseModels.length === 0 ? [] : await drawBackgrounds(predictor, images, options, ctx)
  const baseModels =
    players.baseModels.length === 0
      ? undefined
      : await shareDecisions(namesOf(players.baseModels), chosen.length, async (coalition) => {
          ctx.signal.throwIfAborted()
          const sums = new Float64Array(chosen.length)
          for (const background of backgrounds) {
            const given = withAbsent(players.baseModels, coalition, traced, background)
            valuesOf(await predictor.apply(rows, given)).forEach((value, i) => (sums[i]! += value / backgrounds.length))
          }
          return sums
        })
  const cases = chosen.map((row, i): CaseShares => ({
    id: images.ids[row]!,
    explainedClass: images.classNames[targets[i]!]!,
    trueClass: images.classNames[images.labels[row]!] ?? null,
    isAbstained: answers.predicted[i]! < 0,
    value: valuesOf(answers)[i]!,
  }))
  const games: GameShares[] = [
    { of: 'classifiers', names: namesOf(players.classifiers), decisions: classifiers },
    ...(baseModels ? [{ of: 'baseModels' as const, names: namesOf(players.baseModels), decisions: baseModels }] : []),
  ]
  const report = membersReport(cases, games, options.value)
  const dir = ctx.outputDir('report')
  await writeFile(join(dir, 'members.json'), `${JSON.stringify(report.json, null, 1)}\n`)
  return { report: { kind: 'report', dir, metrics: report.metrics, table: report.table } }
}

function namesOf(players: readonly Player[]): string[] {
  return players.map(({ name }) => name)
}

/** What a member says who says nothing: no class, and as much for one as for another. */
function silent(batch: PredictionBatch): PredictionBatch {
  const even = batch.scoreKind === 'margin' ? 0 : 1 / batch.classNames.length
  return {
    ...batch,
    scores: new Float64Array(batch.scores.length).fill(even),
    predicted: new Int32Array(batch.ids.length).fill(-1),
  }
}

/** Rows of train pictures, one set a picture. */
async function drawBackgrounds(
  predictor: PredictorValue,
  images: ImageBatch,
  { background }: MembersOptions,
  ctx: OperationContext,
): Promise<PredictorRows[]> {
  const train = images.partitions.flatMap((partition, row) => (partition === 'train' ? [row] : []))
  if (train.length === 0) {
    throw new PipelineError('ERR_TOO_FEW_ROWS', {
      message: 'There are no train images whose features could stand for those of an absent base model',
      port: 'images',
      hint: 'give images that are split',
    })
  }
  const drawn = ctx.rng('background').shuffle(train).slice(0, background)
  const traced = await predictor.trace(pickImages(images, drawn))
  return drawn.map((_, i) => new Map([...traced].map(([output, batch]) => [output, picked(batch, [i])])))
}

/** The rows with those of absent base models replaced by the one row of a background. */
function withAbsent(
  players: readonly Player[],
  coalition: number,
  traced: PredictorRows,
  background: PredictorRows,
): PredictorRows {
  return new Map(
    players.flatMap(({ outputs }, i) =>
      outputs.flatMap((output) => {
        const own = traced.get(output)
        if (!own) return []
        const other = picked(
          background.get(output)!,
          own.ids.map(() => 0),
        )
        return [[output, ((coalition >> i) & 1) === 1 ? own : { ...other, ids: own.ids }] as const]
      }),
    ),
  )
}

function picked(batch: FeatureBatch | PredictionBatch, rows: readonly number[]): FeatureBatch | PredictionBatch {
  return batch.kind === 'features' ? pickFeatures(batch, rows) : pickPredictions(batch, rows)
}
