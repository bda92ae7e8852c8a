import { readFile, readdir, writeFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import type { Named, OperationContext, ReportValue } from '@etsef/plugin-api'
import { markdownTable } from '../evaluate/tables.js'
import { markdownToHtml } from './markdown.js'
import type { PageOptions } from './page.js'
import { reportPage } from './report-page.js'
import type { PageSection } from './report-page.js'

/** Code of `report/page`. */
export async function run({
  options,
  inputs,
  ctx,
}: {
  readonly options: PageOptions
  readonly inputs: { readonly reports: readonly Named<ReportValue>[] }
  readonly ctx: OperationContext
}): Promise<{ readonly report: ReportValue }> {
  const sections: PageSection[] = []
  const metrics: Record<string, number | null> = {}
  for (const { name, value } of inputs.reports) {
    ctx.signal.throwIfAborted()
    sections.push(await readSection(name, value))
    for (const [key, figure] of Object.entries(value.metrics)) metrics[`${name}.${key}`] = figure
  }
  const dir = ctx.outputDir('report')
  await writeFile(join(dir, 'index.html'), reportPage({ title: options.title, sections }))
  return { report: { kind: 'report', dir, metrics } }
}

/** Markdown files become the text (else the table does); every figure is shown once, as SVG where there is one. */
async function readSection(name: string, { dir, metrics, table }: ReportValue): Promise<PageSection> {
  const files = (await readdir(dir, { withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name)
    .sort()
  const texts: string[] = []
  for (const file of files.filter((candidate) => extname(candidate) === '.md')) {
    texts.push(markdownToHtml(await readFile(join(dir, file), 'utf8'), { headingOffset: 2 }))
  }
  if (texts.length === 0 && table !== undefined) texts.push(markdownToHtml(markdownTable(table)))
  const images: PageSection['images'][number][] = []
  for (const file of files) {
    const isSvg = extname(file) === '.svg'
    const hasSvg = files.includes(file.replace(/\.png$/, '.svg'))
    if (!isSvg && (extname(file) !== '.png' || hasSvg)) continue
    images.push({ name: file, type: isSvg ? 'image/svg+xml' : 'image/png', data: await readFile(join(dir, file)) })
  }
  return { name, html: texts.join('\n'), images, metrics }
}
