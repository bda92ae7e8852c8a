import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PipelineError, collectPredictions } from '@etsef/plugin-api'
import type { Named, OperationContext, PredictionBatch, ReportValue } from '@etsef/plugin-api'
import type { Observable } from 'rxjs'
import { clusterResamples } from '../intervals/bootstrap.js'
import { alignPredictions } from './align.js'
import type { Aligned } from './align.js'
import { chanceTest } from './chance.js'
import { compareWithReference, overallTest } from './compare.js'
import { evaluate, measureCandidate } from './evaluation.js'
import type { Evaluation } from './evaluation.js'
import { fromValidation } from './calibrated.js'
import { curvesOf } from './curves.js'
import { countsOf } from './measure.js'
import type { Measured } from './measure.js'
import { measureSubgroups } from './subgroups.js'
import type { EvaluateOptions } from './evaluate.js'
import { curvesJson, flatMetrics, reportJson } from './report-json.js'
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
  const { primaryMetric, confidence, partition } = options
  const aligned = alignPredictions(tables, options.partition)
  const { judged, candidates } = aligned
  const reference = referenceName(
    options.reference,
    candidates.map(({ name }) => name),
  )
  const validation = partition === 'test' && tables.every(hasValidation) ? validationRows(tables) : null
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
  const comparisons = compareWithReference(judged, candidates, {
    reference,
    metric: primaryMetric,
    resamples,
    confidence,
    measured,
  })
  const subgroups = measureSubgroups(aligned, {
    attributes: options.subgroups,
    resamples: options.resamples,
    confidence,
    signal: ctx.signal,
    rng: (attribute, value) => ctx.rng('subgroup', attribute, value),
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
    subgroups,
    chance:
      options.permutations === 0
        ? null
        : candidates.map((candidate) =>
            chanceTest(judged, candidate, { deals: options.permutations, rng: ctx.rng('permutations') }),
          ),
    fromValidation: candidates.map((_, at) => (validation === null ? null : fromValidation(aligned, validation, at))),
  }
  const counts = countsOf(resamples, judged.yTrue.length)
  const curves = candidates.map((candidate) => curvesOf(judged, candidate, { counts, confidence }))
  const dir = ctx.outputDir('report')
  await writeFile(join(dir, 'metrics.json'), reportJson(report))
  await writeFile(join(dir, 'curves.json'), curvesJson(curves))
  await writeFile(join(dir, 'table.md'), reportMarkdown(report))
  await writeFile(join(dir, 'table.csv'), metricsCsv(report))
  await writeFile(join(dir, 'predictions.csv'), predictionsCsv(aligned))
  return { report: { kind: 'report', dir, metrics: flatMetrics(report), table: summaryTable(report) } }
}

/** Whether there are labelled validation rows to calibrate on. */
function hasValidation({ value }: Named<PredictionBatch>): boolean {
  return value.partitions.some((each, row) => each === 'val' && value.labels[row]! >= 0)
}

/** Validation rows of all inputs; null where the inputs do not hold the same ones, which only the reported rows must. */
function validationRows(tables: readonly Named<PredictionBatch>[]): Aligned | null {
  try {
    return alignPredictions(tables, 'val')
  } catch (thrown) {
    if (thrown instanceof PipelineError) return null
    throw thrown
  }
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
