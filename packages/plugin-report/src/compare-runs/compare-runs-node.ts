import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PipelineError } from '@etsef/plugin-api'
import type { ComparedRuns, Named, OperationContext, ReportValue } from '@etsef/plugin-api'
import { sortedJson } from '../evaluate/report-json.js'
import { bandChart } from '../html/charts/band-chart.js'
import { drawSections, writeFiles } from '../html/draw-sections.js'
import { figureAt } from '../html/figure.js'
import type { Source } from '../html/figure.js'
import { markup, name } from '../html/markup.js'
import { metricTitle } from '../html/metric-names.js'
import { pageHtml } from '../html/page.js'
import { readReport } from '../html/read-report.js'
import { tableBlock, words } from '../html/section.js'
import type { Block, Section } from '../html/section.js'
import { textTable } from '../html/table.js'
import type { Cell, Table } from '../html/table.js'
import type { StoredCurves } from '../html/told.js'
import type { CompareRunsOptions } from './compare-runs.js'
import { pairedInputs } from './paired-runs.js'
import type { PairedInput, RunEvaluation } from './paired-runs.js'

/** Code of `report/compare`. */
export async function run({
  options,
  inputs,
  ctx,
}: {
  readonly options: CompareRunsOptions
  readonly inputs: { readonly reports: readonly Named<ReportValue>[] }
  readonly ctx: OperationContext
}): Promise<{ readonly report: ReportValue }> {
  if (options.record === null)
    throw new PipelineError('ERR_MISSING_INPUT', {
      message: 'the runs that are compared are not named',
      hint: 'call etsef compare RUN RUN',
    })
  const compared = JSON.parse(await readFile(options.record, 'utf8')) as ComparedRuns // the runner wrote it
  const evaluations: (RunEvaluation & { readonly curves: StoredCurves | undefined })[] = []
  for (const report of inputs.reports) {
    ctx.signal.throwIfAborted()
    const { evaluation } = await readReport(report)
    const [run = '', node = ''] = report.name.split('/')
    if (evaluation)
      evaluations.push({
        run,
        node,
        json: evaluation.json,
        predictions: evaluation.predictions,
        curves: evaluation.curves,
      })
  }
  const [first] = compared.runs
  const pairs = evaluations
    .filter(({ run }) => run === first?.run)
    .flatMap((own) =>
      evaluations
        .filter((other) => other.run !== own.run && other.node === own.node)
        .flatMap((other) =>
          pairedInputs(own, other, { resamples: options.resamples, rng: ctx.rng('bootstrap', other.run, own.node) }),
        ),
    )
  const runs = compared.runs.map(({ run, file, startedAt, seconds, status, seed }) => ({
    run,
    file,
    startedAt,
    seconds,
    status,
    seed: String(seed),
  }))
  const comparison = { formatVersion: 1, runs, differences: compared.differences, pairs }
  const source: Source = { name: 'comparison', json: comparison }
  const figures = pairsTable(pairs, source)
  const sections: Section[] = [
    { id: 'differences', title: 'What differs', blocks: [differencesBlock(compared)] },
    {
      id: 'figures',
      title: 'What that did',
      blocks:
        pairs.length === 0 ? [words(markup`<p>The runs have no evaluation in common.</p>`)] : [tableBlock(figures)],
    },
    { id: 'curves', title: 'Curves', blocks: curveBlocks(evaluations) },
    { id: 'runs', title: 'Runs', blocks: [tableBlock(runsTable(runs, source))] },
  ]
  const dir = ctx.outputDir('report')
  await writeFile(join(dir, 'comparison.json'), sortedJson(comparison))
  await writeFile(
    join(dir, 'index.html'),
    pageHtml({
      title: `Comparison: ${[...new Set(compared.runs.map(({ pipeline }) => pipeline))].join(', ')}`,
      subtitle: markup`${compared.runs.map(({ run }, at) => markup`${at === 0 ? '' : ' · '}${name(run)}`)}; the first is what the others are held against.`,
      sections: drawSections(sections),
      sources: { comparison },
    }),
  )
  if (options.files) await writeFiles(dir, sections, ctx.signal)
  const metrics = Object.fromEntries(
    pairs.map(({ node, input, other, difference }) => [`${node}.${input}.${other}`, difference]),
  )
  return { report: { kind: 'report', dir, metrics, ...(pairs.length === 0 ? {} : { table: textTable(figures) }) } }
}

function differencesBlock({ differences, runs }: ComparedRuns): Block {
  if (differences.length === 0)
    return words(markup`<p>Nothing: pipeline, data, code, versions, seed and engine are the same.</p>`)
  return tableBlock({
    id: 'differences',
    caption: 'What went into the runs and is not the same',
    columns: ['What', 'Of', ...runs.map(({ run }) => run)],
    rows: differences.map(({ kind, what, values }) => [what, kind, ...values.map((value) => value ?? 'none')]),
  })
}

function pairsTable(pairs: readonly PairedInput[], source: Source): Table {
  const metrics = [...new Set(pairs.map(({ metric }) => metricTitle(metric)))]
  const others = new Set(pairs.map(({ other }) => other))
  return {
    id: 'paired',
    caption: `${metrics.join(', ')} of every input that the runs have in common`,
    columns: [
      'Input',
      ...(others.size > 1 ? ['Other run'] : []),
      'First',
      'Other',
      'Other − first',
      'Only first right',
      'Only other right',
      'Exact McNemar p',
      'Mid-p',
    ],
    rows: pairs.map(({ node, input, other }, at): Cell[] => {
      const figure = (key: string, form: 'decimal' | 'signed' | 'whole' | 'p') =>
        figureAt(source, ['pairs', at, key], form)
      const end = (key: string) => figureAt(source, ['pairs', at, 'differenceInterval', key], 'signed')
      return [
        `${node}: ${input}`,
        ...(others.size > 1 ? [other] : []),
        figure('firstValue', 'decimal'),
        figure('otherValue', 'decimal'),
        { point: figure('difference', 'signed'), low: end('low'), high: end('high') },
        figure('onlyFirst', 'whole'),
        figure('onlyOther', 'whole'),
        figure('exactP', 'p'),
        figure('midP', 'p'),
      ]
    }),
    notes: [
      markup`Differences are of the same rows, with intervals of whole groups (patients). Where they are left out, the runs judged other rows: their figures are of different sets, and no difference between them means anything.`,
    ],
  }
}

/** Of each evaluation in common, the reference: risk–coverage, and ROC of each class, the runs over each other. */
function curveBlocks(evaluations: readonly (RunEvaluation & { readonly curves: StoredCurves | undefined })[]): Block[] {
  const nodes = [...new Set(evaluations.map(({ node }) => node))]
  return nodes.flatMap((node): Block[] => {
    const own = evaluations.flatMap(({ node: other, run, json, curves }) => {
      const at = json.inputs.findIndex(({ name: input }) => input === json.reference)
      const input = curves?.inputs[at]
      return other === node && curves !== undefined && input !== undefined ? [{ run, axes: curves.axes, input }] : []
    })
    const [first] = own
    if (first === undefined || own.length < 2) return []
    const title = first.input.name
    const classes = first.input.classes.map(({ className }, c): Block => ({
      kind: 'chart',
      figure: {
        id: `roc-${String(c)}-${node}`,
        caption: `ROC of ${className}, ${title}`,
        chart: bandChart({
          title: `ROC of ${className}, ${title}`,
          subtitle: 'The class against the rest, run over run.',
          axis: first.axes.falsePositiveRate,
          curves: own.flatMap(({ run, input }) => {
            const same = input.classes.find((each) => each.className === className)
            return same === undefined ? [] : [{ name: run, band: same.roc }]
          }),
          xTitle: 'False-positive rate',
          yTitle: 'True-positive rate',
          yDomain: [0, 1],
          guides: [{ x: 0, y: 0, x2: 1, y2: 1 }],
        }),
      },
    }))
    const risk: Block = {
      kind: 'chart',
      figure: {
        id: `risk-coverage-${node}`,
        caption: `Risk and coverage, ${title}`,
        chart: bandChart({
          title: `Risk–coverage, ${title}`,
          subtitle: 'Share of wrong answers when only the surest rows are answered: lower is better.',
          axis: first.axes.coverage,
          curves: own.map(({ run, input }) => ({ name: run, band: input.risk })),
          xTitle: 'Coverage',
          yTitle: 'Risk',
        }),
      },
    }
    return [risk, ...classes]
  })
}

function runsTable(
  runs: readonly {
    readonly run: string
    readonly file: string
    readonly startedAt: string
    readonly status: string
    readonly seed: string
  }[],
  source: Source,
): Table {
  return {
    id: 'runs',
    caption: 'The runs, in the order they were named',
    columns: ['Run', 'File', 'Began', 'Status', 'Seed', 'Time'],
    rows: runs.map(({ run, file, startedAt, status, seed }, at): Cell[] => [
      run,
      file,
      startedAt,
      status,
      seed,
      figureAt(source, ['runs', at, 'seconds'], 'seconds'),
    ]),
  }
}
