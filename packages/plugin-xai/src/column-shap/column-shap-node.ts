import {
  PipelineError,
  collectImages,
  pickFeatures,
  pickImages,
  pickPredictions,
  pickRows,
  type AttributionBatch,
  type CombineImplementation,
  type FeatureBatch,
  type ImageBatch,
  type OperationContext,
  type PredictionBatch,
  type PredictorRows,
  type PredictorValue,
} from '@etsef/plugin-api'
import { of } from 'rxjs'
import { explainedRows, trainRows } from '../explained/explained-rows.js'
import { estimateShapley, type Coalition, type ShapleyEstimate } from '../shapley/estimate-shapley.js'
import { kernelShapley } from '../shapley/kernel-shapley.js'
import { checkAdditivity } from '../tree-shap/additivity.js'
import { changedRows } from '../vote-shap/ask-predictor.js'
import { answersIn, explainedClass } from '../vote-shap/vote-value.js'
import type { ColumnShapOptions, columnShapInputs, columnShapOutputs } from './column-shap.js'
import { findColumns } from './find-columns.js'

type Implementation = CombineImplementation<
  ColumnShapOptions,
  typeof columnShapInputs,
  typeof columnShapOutputs,
  OperationContext
>

/** Values and standard errors of every class, for the chosen rows. */
export const run: Implementation['run'] = async ({ options, inputs: { images: images$, predictor }, ctx }) => {
  const images = await collectImages(images$, ctx.signal)
  const { output, unchanged } = findColumns(predictor, options.features)
  const rows = explainedRows(images.partitions, options)
  const train = trainRows(images.partitions, 'whose features could stand for absent columns')
  const drawn = ctx.rng('background').shuffle(train).slice(0, options.background)
  const backgrounds = featuresOf(await predictor.trace(pickImages(images, drawn)), output)
  const explained: Explained[] = []
  for (const [i, row] of rows.entries()) {
    const own = pickImages(images, [row])
    const traced = await predictor.trace(own)
    const answer = answersIn(await predictor.apply(own, traced), 'margin')
    const ask = askAboutColumns({ predictor, images, row }, { traced, backgrounds, output, unchanged }, options, ctx)
    const classes = await explainClasses(featuresOf(traced, output).featureNames.length, backgrounds.ids.length, {
      numClasses: images.classNames.length,
      ask,
      options,
      rng: () => ctx.rng('coalitions', images.ids[row]!),
    })
    const [base, full] = [classes.map((each) => each.base), classes.map((each) => each.full)]
    const values = Float64Array.from(classes.flatMap((each) => [...each.values]))
    const residual = checkAdditivity(
      values,
      { base: Float64Array.from(base), outputs: Float64Array.from(full) },
      images.ids[row]!,
    )
    explained.push({ classes, target: explainedClass(answer, 0), unit: answer.scoreKind, residual })
    ctx.progress(i + 1, rows.length, 'rows')
  }
  report(explained, ctx)
  return {
    attributions: of(toBatch(images, rows, explained, options, 'values')),
    errors: of(toBatch(images, rows, explained, options, 'standardErrors')),
  }
}

/** Values of one row. */
interface Explained {
  readonly classes: readonly ShapleyEstimate[]
  readonly target: number
  readonly unit: PredictionBatch['scoreKind']
  readonly residual: number
}

function featuresOf(rows: PredictorRows, output: string): FeatureBatch {
  // Of the kind that findColumns has seen.
  return rows.get(output) as FeatureBatch
}

/** Scores of coalitions of columns, `[numCoalitions][numClasses]`. */
type AskColumns = (coalitions: readonly Coalition[]) => Promise<Float64Array[]>

/** Asks about a row of which some columns were taken from the background. */
function askAboutColumns(
  { predictor, images, row }: { readonly predictor: PredictorValue; readonly images: ImageBatch; readonly row: number },
  {
    traced,
    backgrounds,
    output,
    unchanged,
  }: {
    readonly traced: PredictorRows
    readonly backgrounds: FeatureBatch
    readonly output: string
    readonly unchanged: readonly string[]
  },
  { batchSize }: Pick<ColumnShapOptions, 'batchSize'>,
  ctx: OperationContext,
): AskColumns {
  const own = featuresOf(traced, output)
  const width = own.featureNames.length
  return async (coalitions) => {
    const scores: Float64Array[] = []
    // Whatever else sees the picture sees it unchanged.
    const picture = await images.load(row)
    for (let start = 0; start < coalitions.length; start += batchSize) {
      ctx.signal.throwIfAborted()
      const some = coalitions.slice(start, start + batchSize)
      const rows = changedRows(
        images,
        row,
        some.map(() => () => picture),
        start,
      )
      const { ids } = rows
      const same = ids.map(() => 0)
      const features = new Float32Array(some.length * width)
      some.forEach(({ players, background }, i) => {
        for (let j = 0; j < width; j++)
          features[i * width + j] = players[j] === 1 ? own.features[j]! : backgrounds.features[background * width + j]!
      })
      const given = new Map<string, FeatureBatch | PredictionBatch>(
        unchanged.flatMap((name) => {
          const batch = traced.get(name)
          if (!batch) return []
          const repeated = batch.kind === 'features' ? pickFeatures(batch, same) : pickPredictions(batch, same)
          return [[name, { ...repeated, ids }]]
        }),
      )
      given.set(output, { ...pickFeatures(own, same), ids, features })
      const answers = answersIn(await predictor.apply(rows, given), 'margin')
      const numClasses = answers.classNames.length
      ids.forEach((_, i) => {
        const found = answers.scores.slice(i * numClasses, (i + 1) * numClasses)
        const at = found.findIndex((score) => !Number.isFinite(score))
        if (at >= 0) throw noNumber(images, row, at, found[at]!)
        scores.push(found)
      })
    }
    return scores
  }
}

function noNumber({ ids, classNames }: ImageBatch, row: number, label: number, score: number): PipelineError {
  return new PipelineError('ERR_NOT_FINITE', {
    message: `The predictor gives row "${ids[row]!}" a score for "${classNames[label]!}" that is no number, so there is nothing to explain`,
    port: 'predictor',
    received: String(score),
  })
}

/** One game a class; the generator starts anew for each, so that all ask for the same coalitions, which are asked once. */
async function explainClasses(
  numPlayers: number,
  numBackgrounds: number,
  {
    numClasses,
    ask,
    options,
    rng,
  }: {
    readonly numClasses: number
    readonly ask: AskColumns
    readonly options: ColumnShapOptions
    readonly rng: () => ReturnType<OperationContext['rng']>
  },
): Promise<ShapleyEstimate[]> {
  const estimate = options.method === 'kernel' ? kernelShapley : estimateShapley
  let scores: Float64Array[] | undefined
  const classes: ShapleyEstimate[] = []
  for (let k = 0; k < numClasses; k++) {
    const game = {
      numPlayers,
      numBackgrounds,
      evaluate: async (coalitions: readonly Coalition[]) => {
        scores ??= await ask(coalitions)
        return Float64Array.from(scores, (found) => found[k]!)
      },
    }
    classes.push(await estimate(game, { budget: options.budget, rng: rng() }))
  }
  return classes
}

function report(explained: readonly Explained[], ctx: OperationContext): void {
  const errors = explained.flatMap(({ classes }) => classes.flatMap(({ standardErrors }) => [...standardErrors]))
  ctx.metric(
    'evaluations',
    explained.reduce((sum, { classes }) => sum + classes[0]!.numEvaluations, 0),
  )
  ctx.metric('standardError', errors.reduce((sum, value) => sum + value, 0) / errors.length)
  ctx.metric('additivityResidual', Math.max(...explained.map(({ residual }) => residual)))
}

function toBatch(
  images: ImageBatch,
  rows: readonly number[],
  explained: readonly Explained[],
  { method }: ColumnShapOptions,
  of: 'values' | 'standardErrors',
): AttributionBatch {
  const numClasses = images.classNames.length
  const width = explained[0]!.classes[0]!.values.length
  const values = Float32Array.from(explained.flatMap(({ classes }) => classes.flatMap((each) => [...each[of]])))
  const targetOf = ({ classes, target }: Explained) => classes[target]![of]
  return {
    kind: 'attributions',
    ...pickRows(images, rows),
    ...{ values, shape: [numClasses, width] },
    method: of === 'values' ? `column-shap ${method}` : `column-shap ${method} standard error`,
    unit: explained[0]!.unit,
    targets: Int32Array.from(explained, ({ target }) => target),
    empty: Uint8Array.from(explained, (each) => (targetOf(each).some((value) => value > 0) ? 0 : 1)),
    additivityResidual: Float64Array.from(explained, ({ residual }) => (of === 'values' ? residual : NaN)),
  }
}
