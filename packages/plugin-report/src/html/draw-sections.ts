import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { drawChartSvg, drawPictures } from '../figures/draw-chart.js'
import { inlineSvg } from './inline-svg.js'
import { markup } from './markup.js'
import type { Markup } from './markup.js'
import type { DrawnSection } from './page.js'
import type { Block, ChartFigure, Section } from './section.js'
import { tableCsv, tableLatex, tableMarkup } from './table.js'
import type { Table } from './table.js'

/** Sections with their charts drawn and their tables set; empty ones are left out. */
export async function drawSections(sections: readonly Section[], signal: AbortSignal): Promise<DrawnSection[]> {
  const drawn: DrawnSection[] = []
  for (const section of sections) {
    signal.throwIfAborted()
    if (section.blocks.length > 0) drawn.push(await drawSection(section))
  }
  return drawn
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
export async function writeFiles(dir: string, sections: readonly Section[], signal: AbortSignal): Promise<void> {
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
    signal.throwIfAborted()
    const { vegaLite, svg, pdf, png } = await drawPictures(chart)
    const base = join(dir, 'figures', id)
    await writeFile(`${base}.vl.json`, vegaLite)
    await writeFile(`${base}.svg`, svg)
    await writeFile(`${base}.pdf`, pdf)
    await writeFile(`${base}.png`, png)
  }
}
