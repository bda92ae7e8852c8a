import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Named, SeedlessContext, ReportValue, RunFacts } from '@etsef/plugin-api'
import { drawChartSvg, drawPictures } from '../figures/draw-chart.js'
import { inlineSvg } from './inline-svg.js'
import type { HtmlOptions } from './html.js'
import { markup } from './markup.js'
import type { Markup } from './markup.js'
import { pageHtml } from './page.js'
import type { DrawnSection } from './page.js'
import { readReport } from './read-report.js'
import { sectionsOf } from './sections.js'
import type { Block, ChartFigure, Section } from './section.js'
import { tableCsv, tableLatex, tableMarkup } from './table.js'
import type { Table } from './table.js'
import { evaluationsOf } from './told.js'
import type { ReadReport, Told } from './told.js'
import { overfits, scoreGaps } from './training.js'

/** Code of `report/markup`. */
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
    record: { name: 'record', json: record },
    reports,
    findings: { name: 'findings', json: training },
  }
  const sections = (await sectionsOf(told, training, options.pictures)).filter(({ blocks }) => blocks.length > 0)
  const dir = ctx.outputDir('report')
  const drawn: DrawnSection[] = []
  for (const section of sections) {
    ctx.signal.throwIfAborted()
    drawn.push(await drawSection(section))
  }
  const sources = {
    record,
    findings: training,
    ...Object.fromEntries(
      reports.flatMap(({ evaluation, explanation }) =>
        [evaluation, explanation].flatMap((each) => (each ? [[each.source.name, each.source.json]] : [])),
      ),
    ),
  }
  await writeFile(
    join(dir, 'index.html'),
    pageHtml({ title: told.title, subtitle: subtitleOf(facts), sections: drawn, sources }),
  )
  if (options.files) await writeFiles(dir, sections, ctx)
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

async function drawSection({ id, title, blocks }: Section): Promise<DrawnSection> {
  const content: Markup[] = []
  for (const group of grouped(blocks)) content.push(await drawGroup(group))
  return { id, title, content }
}

/** Charts that follow each other stand side by side. */
function grouped(blocks: readonly Block[]): Block[][] {
  const groups: Block[][] = []
  for (const block of blocks) {
    const last = groups.at(-1)
    if (block.kind === 'chart' && last?.[0]?.kind === 'chart') last.push(block)
    else groups.push([block])
  }
  return groups
}

async function drawGroup(group: readonly Block[]): Promise<Markup> {
  const drawn: Markup[] = []
  for (const block of group) drawn.push(await drawBlock(block))
  return group.length > 1 ? markup`<div class="charts">${drawn}</div>` : markup`${drawn}`
}

async function drawBlock(block: Block): Promise<Markup> {
  if (block.kind === 'markup') return block.markup
  if (block.kind === 'table') {
    const table = tableMarkup(block.table)
    return block.isFolded ? markup`<details><summary>${block.table.caption}</summary>${table}</details>` : table
  }
  const { id, caption, chart } = block.figure
  const { svg } = await drawChartSvg(chart)
  return markup`<figure class="chart" tabindex="0" role="region" aria-label="${caption}">${inlineSvg(svg, { id, label: caption })}</figure>`
}

/** Every table as CSV and LaTeX, every chart as SVG, PDF, PNG and Vega-Lite. */
async function writeFiles(dir: string, sections: readonly Section[], ctx: SeedlessContext): Promise<void> {
  const blocks = sections.flatMap((section) => section.blocks)
  const tables = blocks.flatMap((block): Table[] => (block.kind === 'table' ? [block.table] : []))
  const charts = blocks.flatMap((block): ChartFigure[] => (block.kind === 'chart' ? [block.figure] : []))
  await mkdir(join(dir, 'tables'))
  await mkdir(join(dir, 'figures'))
  for (const table of tables) {
    await writeFile(join(dir, 'tables', `${table.id}.csv`), tableCsv(table))
    await writeFile(join(dir, 'tables', `${table.id}.tex`), tableLatex(table))
  }
  for (const { id, chart } of charts) {
    ctx.signal.throwIfAborted()
    const { vegaLite, svg, pdf, png } = await drawPictures(chart)
    const base = join(dir, 'figures', id)
    await writeFile(`${base}.vl.json`, vegaLite)
    await writeFile(`${base}.svg`, svg)
    await writeFile(`${base}.pdf`, pdf)
    await writeFile(`${base}.png`, png)
  }
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
