import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PipelineError, collectFeatures, collectPredictions } from '@etsef/plugin-api'
import type { FeatureBatch, OperationContext, PredictionBatch, ReportValue } from '@etsef/plugin-api'
import type { Observable } from 'rxjs'
import { alignPredictions } from '../evaluate/align.js'
import { sortedJson } from '../evaluate/report-json.js'
import { csv } from '../evaluate/tables.js'
import { featureFigure } from './feature-figure.js'
import type { FeatureFigure } from './feature-figure.js'
import type { FiguresOptions } from './figures.js'
import { predictionFigures } from './prediction-figures.js'
import type { Figure } from './prediction-figures.js'
import { umapFigure } from './umap-figure.js'
import { writeFigure } from './write-figure.js'

/** Code of `report/figures`. */
export async function run({
  options,
  inputs,
  ctx,
}: {
  readonly options: FiguresOptions
  readonly inputs: {
    readonly predictions: Observable<PredictionBatch> | undefined
    readonly features: Observable<FeatureBatch> | undefined
  }
  readonly ctx: OperationContext
}): Promise<{ readonly report: ReportValue }> {
  if (inputs.predictions === undefined && inputs.features === undefined) {
    throw new PipelineError('ERR_MISSING_INPUT', {
      message: 'figures need predictions, features or both',
      port: 'predictions',
    })
  }
  const figures: Figure[] = []
  const metrics: Record<string, number | null> = {}
  const dir = ctx.outputDir('report')
  if (inputs.predictions !== undefined) {
    const table = await collectPredictions(inputs.predictions, ctx.signal)
    const { judged, candidates } = alignPredictions([{ name: 'predictions', value: table }], options.partition)
    const made = predictionFigures(judged, candidates[0]!, options.partition)
    figures.push(...made.figures)
    Object.assign(metrics, made.metrics)
  }
  if (inputs.features !== undefined) {
    const made = await featureFigure(await collectFeatures(inputs.features, ctx.signal), options, ctx)
    figures.push(made.figure)
    Object.assign(metrics, made.metrics)
    await writeFile(join(dir, 't-sne.csv'), coordinatesCsv(made))
    if (options.umap) {
      const beside = await umapFigure(made.rows, options, ctx)
      figures.push(beside.figure)
      Object.assign(metrics, beside.metrics)
      await writeFile(join(dir, 'umap.csv'), coordinatesCsv(beside))
    }
  }
  for (const figure of figures) await writeFigure(dir, figure)
  await writeFile(join(dir, 'metrics.json'), sortedJson({ formatVersion: 1, partition: options.partition, metrics }))
  return { report: { kind: 'report', dir, metrics } }
}

function coordinatesCsv({ rows, embedding }: Pick<FeatureFigure, 'rows' | 'embedding'>): string {
  const lines = rows.ids.map((id, i) => [
    id,
    rows.groups[i]!,
    rows.classNames[rows.labels[i]!]!,
    embedding[2 * i]!,
    embedding[2 * i + 1]!,
  ])
  return csv([['id', 'group', 'class', 'x', 'y'], ...lines])
}
