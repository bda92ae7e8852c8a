import {
  pickFeatures,
  pickImages,
  pickPredictions,
  type FeatureBatch,
  type ImageBatch,
  type OperationContext,
  type PredictionBatch,
  type PredictorRows,
  type PredictorValue,
} from '@etsef/plugin-api'
import { trainRows } from '../explained/explained-rows.js'
import { answersIn, explainedClass, voteValue, type VoteUnit } from '../vote-shap/vote-value.js'
import { findPlayers, type Player, type Players } from './find-members.js'
import type { CaseShares, GameShares } from './members-report.js'
import { shareDecisions } from './share-decision.js'

/** How {@link shareCases} shares. */
export interface ShareOptions {
  readonly value: VoteUnit
  /** Train rows whose features stand for those of an absent base model. */
  readonly background: number
}

/** Who carried the decisions about some rows. */
export interface SharedCases {
  readonly players: Players
  /** What every node on the way says of the rows. */
  readonly traced: PredictorRows
  /** What the vote says of them. */
  readonly answers: PredictionBatch
  readonly cases: readonly CaseShares[]
  readonly games: readonly GameShares[]
}

/**
 * Shapley values of the classifiers and of the base models of a vote, for rows of images.
 *
 * @param chosen - Positions of the rows.
 * @throws PipelineError `ERR_PORT_KIND` for a predictor without members, `ERR_TOO_FEW_ROWS` without train rows for absent base models.
 */
export async function shareCases(
  {
    images,
    chosen,
    predictor,
  }: { readonly images: ImageBatch; readonly chosen: readonly number[]; readonly predictor: PredictorValue },
  { value: unit, background }: ShareOptions,
  ctx: OperationContext,
): Promise<SharedCases> {
  const players = findPlayers(predictor)
  const rows = pickImages(images, chosen)
  const traced = await predictor.trace(rows)
  const answers = answersIn(await predictor.apply(rows, traced), unit)
  const targets = chosen.map((_, i) => explainedClass(answers, i))
  const valuesOf = (batch: FeatureBatch | PredictionBatch): number[] => {
    const own = answersIn(batch, unit)
    return targets.map((target, i) => voteValue(own, i, target, unit))
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
  const backgrounds =
    players.baseModels.length === 0 ? [] : await drawBackgrounds(predictor, images, { background }, ctx)
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
  return { players, traced, answers, cases, games }
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
  { background }: Pick<ShareOptions, 'background'>,
  ctx: OperationContext,
): Promise<PredictorRows[]> {
  const train = trainRows(images.partitions, 'whose features could stand for those of an absent base model')
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
