import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { lineChartMarkup } from './charts/line-chart-markup.js'
import { markup } from './markup.js'
import type { Markup } from './markup.js'
import type { DrawnSection } from './page.js'
import type { Block, ChartFigure, Section } from './section.js'
import { tableCsv, tableLatex, tableMarkup } from './table.js'
import type { Table } from './table.js'

/** Sections with their charts drawn and their tables set; empty ones are left out. */
export function drawSections(sections: readonly Section[]): DrawnSection[] {
  return sections
    .filter(({ blocks }) => blocks.length > 0)
    .map(({ id, title, blocks }) => ({ id, title, content: grouped(blocks).map(drawGroup) }))
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

function drawGroup(group: readonly Block[]): Markup {
  const drawn = group.map(drawBlock)
  return group.length > 1 ? markup`<div class="charts">${drawn}</div>` : markup`${drawn}`
}

function drawBlock(block: Block): Markup {
  if (block.kind === 'markup') return block.markup
  if (block.kind === 'table') {
    const table = tableMarkup(block.table)
    return block.isFolded ? markup`<details><summary>${block.table.caption}</summary>${table}</details>` : table
  }
  const { caption, chart } = block.figure
  return markup`<figure class="chart" tabindex="0" role="region" aria-label="${caption}">${lineChartMarkup(chart, caption)}</figure>`
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
  // Vega is loaded for files alone: the page draws its own lines, in a twentieth of the time.
  const [{ drawPictures }, { lineChartSpec }] = await Promise.all([
    import('../figures/draw-chart.js'),
    import('./charts/line-chart-spec.js'),
  ])
  for (const { id, chart } of charts) {
    signal.throwIfAborted()
    const { vegaLite, svg, pdf, png } = await drawPictures(lineChartSpec(chart))
    const base = join(dir, 'figures', id)
    await writeFile(`${base}.vl.json`, vegaLite)
    await writeFile(`${base}.svg`, svg)
    await writeFile(`${base}.pdf`, pdf)
    await writeFile(`${base}.png`, png)
  }
}
