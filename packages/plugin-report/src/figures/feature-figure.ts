import { PipelineError, pickFeatures } from '@etsef/plugin-api'
import type { FeatureBatch, OperationContext } from '@etsef/plugin-api'
import { squaredDistances } from '../embedding/distances.js'
import { silhouette } from '../embedding/silhouette.js'
import { tsneSteps } from '../embedding/t-sne.js'
import type { TsneResult } from '../embedding/t-sne.js'
import { trustworthiness } from '../embedding/trustworthiness.js'
import { decimal } from '../evaluate/tables.js'
import type { FiguresOptions } from './figures.js'
import type { Figure } from './prediction-figures.js'
import { scatterChart } from './scatter-chart.js'

/** A t-SNE picture with the figures that must stand beside it. */
export interface FeatureFigure {
  readonly figure: Figure
  readonly metrics: Readonly<Record<string, number | null>>
  /** Rows shown, in the order of `embedding`. */
  readonly rows: FeatureBatch
  /** Row-major `[numSamples, 2]`. */
  readonly embedding: Float64Array
}

/**
 * t-SNE of held-out rows coloured by class, with trustworthiness and the silhouette in the original space.
 *
 * @throws PipelineError `ERR_TOO_FEW_ROWS` with fewer than 4 rows, `ERR_NOT_FINITE` for features that are no numbers.
 */
export async function featureFigure(
  features: FeatureBatch,
  options: FiguresOptions,
  ctx: OperationContext,
): Promise<FeatureFigure> {
  const rows = shownRows(features, options, ctx)
  const n = rows.ids.length
  const points = { values: rows.features, numSamples: n, numFeatures: rows.featureNames.length }
  const result = await runTsne(points, options, ctx)
  if (result.warning !== null) ctx.log('warn', `t-SNE: ${result.warning}`)
  const original = squaredDistances(points)
  const plane = squaredDistances({ values: result.embedding, numSamples: n, numFeatures: 2 })
  const metrics = {
    'tsne.n': n,
    'tsne.perplexity': result.perplexity,
    'tsne.kl': result.kl,
    'tsne.trustworthiness': trustworthiness(original, plane, { n }),
    'silhouette.original': silhouette(original, rows.labels),
    'silhouette.plane': silhouette(plane, rows.labels),
  }
  const notes = [
    `n = ${n}, ${points.numFeatures} features, perplexity ${result.perplexity}, KL ${decimal(result.kl)}, trustworthiness (5 neighbours) ${decimal(metrics['tsne.trustworthiness'])}`,
    `Silhouette of the classes: ${decimal(metrics['silhouette.original'])} in the original space, ${decimal(metrics['silhouette.plane'])} in this plane`,
    'Sizes of clusters and distances between them carry no meaning.',
  ]
  const title = `t-SNE of features, ${options.partition === 'none' ? 'all' : options.partition} rows`
  const chart = scatterChart({
    title,
    embedding: result.embedding,
    labels: rows.labels,
    classNames: rows.classNames,
    notes,
    axes: ['t-SNE 1', 't-SNE 2'],
  })
  return { figure: { name: 't-sne', chart }, metrics, rows, embedding: result.embedding }
}

/** Rows of the partition by id, at most `maxPoints` of them, drawn with the seed. */
function shownRows(
  features: FeatureBatch,
  { partition, maxPoints }: FiguresOptions,
  ctx: OperationContext,
): FeatureBatch {
  const byId = (a: number, b: number) => (features.ids[a]! < features.ids[b]! ? -1 : 1)
  const all = features.ids.flatMap((_, i) => (features.partitions[i] === partition ? [i] : [])).sort(byId)
  if (all.length < 4) {
    throw new PipelineError('ERR_TOO_FEW_ROWS', {
      message: `Features have ${all.length} rows of partition "${partition}"; t-SNE needs at least 4`,
      received: [...new Set(features.partitions)].join(', ') || 'no rows',
      hint: 'set option partition to one that the split makes',
    })
  }
  if (all.length > maxPoints)
    ctx.log('warn', `t-SNE: ${maxPoints} of ${all.length} rows are shown, drawn at random (option maxPoints)`)
  const rows = pickFeatures(
    features,
    all.length > maxPoints ? ctx.rng('points').shuffle(all).slice(0, maxPoints).sort(byId) : all,
  )
  const broken = rows.features.findIndex((value) => !Number.isFinite(value))
  if (broken >= 0) {
    const width = rows.featureNames.length
    throw new PipelineError('ERR_NOT_FINITE', {
      message: `Feature "${rows.featureNames[broken % width]!}" of row "${rows.ids[Math.floor(broken / width)]!}" is not a finite number`,
    })
  }
  const unlabelled = rows.labels.findIndex((label) => label < 0 || label >= rows.classNames.length)
  if (unlabelled >= 0)
    throw new PipelineError('ERR_BAD_DATA', {
      message: `Row "${rows.ids[unlabelled]!}" has no known label to colour it by`,
    })
  return rows
}

/** Hands the thread back every few steps, so that a cancelled run stops. */
async function runTsne(
  points: Parameters<typeof tsneSteps>[0],
  options: FiguresOptions,
  ctx: OperationContext,
): Promise<TsneResult> {
  const steps = tsneSteps(points, {
    perplexity: options.perplexity,
    maxIter: options.maxIter,
    rng: ctx.rng('t-sne'),
  })
  for (;;) {
    const { done, value } = steps.next()
    if (done === true) return value
    if (value % 20 !== 0) continue
    ctx.progress(value, options.maxIter, 't-SNE steps')
    await new Promise((resolve) => setImmediate(resolve))
    ctx.signal.throwIfAborted()
  }
}
