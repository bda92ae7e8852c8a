import type { FeatureBatch, OperationContext } from '@etsef/plugin-api'
import { squaredDistances, type Points } from '../embedding/distances.js'
import { silhouette } from '../embedding/silhouette.js'
import { trustworthiness } from '../embedding/trustworthiness.js'
import { umapSteps } from '../embedding/umap.js'
import { decimal } from '../evaluate/tables.js'
import type { FeatureFigure } from './feature-figure.js'
import type { FiguresOptions } from './figures.js'
import { scatterChart } from './scatter-chart.js'

/** A UMAP picture of rows that are shown by t-SNE, with the same figures beside it. */
export async function umapFigure(
  rows: FeatureBatch,
  { neighbors: wanted, partition }: FiguresOptions,
  ctx: OperationContext,
): Promise<FeatureFigure> {
  const n = rows.ids.length
  const neighbors = Math.min(wanted, n - 1)
  if (neighbors < wanted)
    ctx.log('warn', `UMAP: neighbors ${wanted} needs more than ${wanted} rows; lowered to ${neighbors} for ${n}`)
  const points = { values: rows.features, numSamples: n, numFeatures: rows.featureNames.length }
  const embedding = await runUmap(points, neighbors, ctx)
  const plane = squaredDistances({ values: embedding, numSamples: n, numFeatures: 2 })
  const metrics = {
    'umap.neighbors': neighbors,
    'umap.trustworthiness': trustworthiness(squaredDistances(points), plane, { n }),
    'umap.silhouette': silhouette(plane, rows.labels),
  }
  const chart = scatterChart({
    title: `UMAP of features, ${partition === 'none' ? 'all' : partition} rows`,
    embedding,
    labels: rows.labels,
    classNames: rows.classNames,
    notes: [
      `n = ${n}, ${points.numFeatures} features, ${neighbors} neighbours, trustworthiness (5 neighbours) ${decimal(metrics['umap.trustworthiness'])}`,
      `Silhouette of the classes in this plane: ${decimal(metrics['umap.silhouette'])}; in the original space it stands below the t-SNE picture`,
      'Sizes of clusters and distances between them carry no meaning.',
    ],
    axes: ['UMAP 1', 'UMAP 2'],
  })
  return { figure: { name: 'umap', chart }, metrics, rows, embedding }
}

/** Hands the thread back every few epochs, so that a cancelled run stops. */
async function runUmap(points: Points, neighbors: number, ctx: OperationContext): Promise<Float64Array> {
  const steps = umapSteps(points, { neighbors, rng: ctx.rng('umap') })
  for (let epoch = 1; ; epoch++) {
    const { done, value } = steps.next()
    if (done === true) return value
    if (epoch % 20 !== 0) continue
    await new Promise((resolve) => setImmediate(resolve))
    ctx.signal.throwIfAborted()
  }
}
