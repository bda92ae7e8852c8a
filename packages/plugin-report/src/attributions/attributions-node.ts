import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { AttributionBatch, FeatureBatch, SeedlessContext, ReportTable, ReportValue } from '@etsef/plugin-api'
import { firstValueFrom } from 'rxjs'
import type { Observable } from 'rxjs'
import { sortedJson } from '../evaluate/report-json.js'
import { writeFigure } from '../figures/write-figure.js'
import { attributionCsv, attributionFigures, attributionMarkdown, ranked } from './attribution-tables.js'
import type { AttributionsOptions } from './attributions.js'
import { attributionMeans } from './mean-attributions.js'
import type { MeanAttributions } from './mean-attributions.js'

/** Code of `report/attributions`. */
export async function run({
  options,
  inputs,
  ctx,
}: {
  readonly options: AttributionsOptions
  readonly inputs: { readonly attributions: Observable<AttributionBatch>; readonly features: Observable<FeatureBatch> }
  readonly ctx: SeedlessContext
}): Promise<{ readonly report: ReportValue }> {
  const { featureNames } = await firstValueFrom(inputs.features)
  const sums = attributionMeans(featureNames, options.partition)
  await inputs.attributions.forEach((batch) => {
    ctx.signal.throwIfAborted()
    sums.add(batch)
  })
  const means = sums.finish()
  const dir = ctx.outputDir('report')
  const { partition, maxColumns } = options
  await writeFile(join(dir, 'columns.csv'), attributionCsv(means.columns, means.classNames))
  if (means.sources.length > 0)
    await writeFile(join(dir, 'sources.csv'), attributionCsv(means.sources, means.classNames))
  await writeFile(join(dir, 'table.md'), attributionMarkdown(means, partition, maxColumns))
  for (const figure of attributionFigures(means, partition, maxColumns)) await writeFigure(dir, figure)
  const metrics = metricsOf(means)
  await writeFile(join(dir, 'metrics.json'), sortedJson({ formatVersion: 1, partition, metrics }))
  return { report: { kind: 'report', dir, metrics, table: terminalTable(means) } }
}

/** Share of each source in the sum over sources, rows and the largest residual. */
function metricsOf({ sources, numRows, additivityResidual }: MeanAttributions): Record<string, number | null> {
  const sum = sources.reduce((all, { total }) => all + total, 0)
  return {
    n: numRows,
    additivityResidual: Number.isNaN(additivityResidual) ? null : additivityResidual,
    ...Object.fromEntries(sources.map(({ name, total }) => [`share.${name}`, sum > 0 ? total / sum : null])),
  }
}

/** Sources where there are any, else the five largest columns. */
function terminalTable({ sources, columns }: MeanAttributions): ReportTable {
  const shown = sources.length > 0 ? ranked(sources) : ranked(columns).slice(0, 5)
  return {
    columns: [sources.length > 0 ? 'Source' : 'Column', 'Mean |attribution|'],
    rows: shown.map(({ name, total }) => [name, String(Number(total.toPrecision(4)))]),
  }
}
