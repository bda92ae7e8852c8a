import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PipelineError, collectPredictions } from '@etsef/plugin-api'
import type { Named, OperationContext, PredictionBatch, ReportValue } from '@etsef/plugin-api'
import type { Observable } from 'rxjs'
import { clusterResamples } from '../intervals/bootstrap.js'
import { alignPredictions } from './align.js'
import { compareWithReference, overallTest } from './compare.js'
import { evaluate, measureCandidate } from './evaluation.js'
import type { Evaluation } from './evaluation.js'
import type { Measured } from './measure.js'
import type { EvaluateOptions } from './evaluate.js'
import { flatMetrics, reportJson } from './report-json.js'
import { reportMarkdown } from './report-markdown.js'
import { metricsCsv, predictionsCsv, summaryTable } from './tables.js'

/** Code of `report/evaluate`. */
export async function run({
  options,
  inputs,
  ctx,
}: {
  readonly options: EvaluateOptions
  readonly inputs: { readonly predictions: readonly Named<Observable<PredictionBatch>>[] }
  readonly ctx: OperationContext
}): Promise<{ readonly report: ReportValue }> {
  const tables: Named<PredictionBatch>[] = []
  for (const { name, value } of inputs.predictions)
    tables.push({ name, value: await collectPredictions(value, ctx.signal) })
  const aligned = alignPredictions(tables, options.partition)
  const { judged, candidates } = aligned
  const reference = referenceName(
    options.reference,
    candidates.map(({ name }) => name),
  )
  const resamples = clusterResamples({ groups: judged.groups, resamples: options.resamples, rng: ctx.rng('bootstrap') })
  const evaluations: Evaluation[] = []
  const measured = new Map<string, Measured>()
  for (const candidate of candidates) {
    ctx.signal.throwIfAborted()
    const own = measureCandidate(judged, candidate, resamples)
    measured.set(candidate.name, own)
    evaluations.push(evaluate(judged, candidate, { resamples, confidence: options.confidence, measured: own }))
    ctx.progress(evaluations.length, candidates.length, 'inputs')
  }
  for (const { name, warnings } of evaluations) for (const warning of warnings) ctx.log('warn', `${name}: ${warning}`)
  const { primaryMetric, confidence, partition } = options
  const comparisons = compareWithReference(judged, candidates, {
    reference,
    metric: primaryMetric,
    resamples,
    confidence,
    measured,
  })
  const report = {
    partition,
    primaryMetric,
    confidence,
    numResamples: options.resamples,
    reference,
    classNames: judged.classNames,
    evaluations,
    comparisons,
    cochranQ: overallTest(judged, candidates),
  }
  const dir = ctx.outputDir('report')
  await writeFile(join(dir, 'metrics.json'), reportJson(report))
  await writeFile(join(dir, 'table.md'), reportMarkdown(report))
  await writeFile(join(dir, 'table.csv'), metricsCsv(report))
  await writeFile(join(dir, 'predictions.csv'), predictionsCsv(aligned))
  return { report: { kind: 'report', dir, metrics: flatMetrics(report), table: summaryTable(report) } }
}

function referenceName(wanted: string, names: readonly string[]): string {
  if (wanted === '') return names[names.length - 1]!
  if (names.includes(wanted)) return wanted
  throw new PipelineError('ERR_BAD_OPTION', {
    message: `option reference names "${wanted}", which is not an input`,
    option: 'reference',
    expected: names.join(', '),
    received: wanted,
  })
}
