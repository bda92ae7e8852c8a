import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Named, SeedlessContext, ReportValue, RunFacts } from '@etsef/plugin-api'
import { drawSections, writeFiles } from './draw-sections.js'
import type { HtmlOptions } from './html.js'
import { markup } from './markup.js'
import type { Markup } from './markup.js'
import { pageHtml } from './page.js'
import { readReport } from './read-report.js'
import { sectionsOf } from './sections.js'
import { evaluationsOf } from './told.js'
import type { ReadReport, Told } from './told.js'
import { overfits, scoreGaps } from './training.js'

/** Code of `report/html`. */
export async function run({
  options,
  inputs,
  ctx,
}: {
  readonly options: HtmlOptions
  readonly inputs: { readonly reports: readonly Named<ReportValue>[] }
  readonly ctx: SeedlessContext
}): Promise<{ readonly report: ReportValue }> {
  const reports: ReadReport[] = []
  for (const report of inputs.reports) {
    ctx.signal.throwIfAborted()
    reports.push(await readReport(report))
  }
  const facts = options.record === null ? null : factsOf(await readFile(options.record, 'utf8'))
  const record = facts === null ? {} : recordSource(facts)
  const training = { overfits: facts === null ? [] : overfits(facts), gaps: facts === null ? [] : scoreGaps(facts) }
  const told: Told = {
    title: options.title || facts?.pipeline || 'Report',
    facts,
    named: options,
    record: { name: 'record', json: record },
    reports,
    findings: { name: 'findings', json: training },
  }
  const sections = await sectionsOf(told, training, options.pictures)
  const dir = ctx.outputDir('report')
  const sources = {
    record,
    findings: training,
    ...Object.fromEntries(
      reports.flatMap(({ evaluation, explanation, cases }) =>
        [evaluation, explanation, cases].flatMap((each) => (each ? [[each.source.name, each.source.json]] : [])),
      ),
    ),
  }
  await writeFile(
    join(dir, 'index.html'),
    pageHtml({ title: told.title, subtitle: subtitleOf(facts), sections: drawSections(sections), sources }),
  )
  if (options.files) await writeFiles(dir, sections, ctx.signal)
  return { report: { kind: 'report', dir, metrics: metricsOf(told) } }
}

/** The facts, which the runner wrote. */
function factsOf(text: string): RunFacts {
  return JSON.parse(text) as RunFacts
}

/** The facts without the drawing, which is no figure. */
function recordSource(facts: RunFacts): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(facts).filter(([key]) => key !== 'graph'))
}

function subtitleOf(facts: RunFacts | null): Markup {
  if (facts === null) return markup`Made within a run: <code>etsef report</code> tells of the run itself, too.`
  return markup`<span class="name">${facts.file}</span> · run <span class="name">${facts.run}</span>${facts.status === 'ok' ? null : markup` · <strong>${facts.status}</strong>`}`
}

/** The primary figures of every evaluation, under its name. */
function metricsOf(told: Told): Record<string, number | null> {
  return Object.fromEntries(
    evaluationsOf(told).flatMap(({ name, json }) =>
      json.inputs.map(
        (input) => [`${name}.${input.name}.${json.primaryMetric}`, input.metrics[json.primaryMetric] ?? null] as const,
      ),
    ),
  )
}
