import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ReportValue } from '@etsef/plugin-api'
import { runOperation } from '@etsef/plugin-api/testing'
import { afterEach, expect, test } from 'vitest'
import plugin from '../plugin.js'
import { markdownToHtml } from './markdown.js'

const page = plugin.operations.find(({ type }) => type === 'report/page')!
const dirs: string[] = []

afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true })
})

function aReport(files: Readonly<Record<string, string>>, more: Partial<ReportValue> = {}): ReportValue {
  const dir = mkdtempSync(join(tmpdir(), 'etsef-report-'))
  dirs.push(dir)
  for (const [name, content] of Object.entries(files)) writeFileSync(join(dir, name), content)
  return { kind: 'report', dir, metrics: { accuracy: 0.75, ece: null }, ...more }
}

async function htmlOf(reports: readonly { name: string; value: ReportValue }[], options = {}): Promise<string> {
  const result = await runOperation(page, { options, inputs: { reports } })
  const html = readFileSync(join((result.outputs['report'] as ReportValue).dir, 'index.html'), 'utf8')
  result.dispose()
  return html
}

test('shows texts, tables, figures and figures of merit of every report, in order', async () => {
  const html = await htmlOf(
    [
      {
        name: 'scores',
        value: aReport({ 'table.md': '# Evaluation\n\n| Input | n |\n| --- | ---: |\n| vote | 40 |' }),
      },
      { name: 'pictures', value: aReport({ 't-sne.svg': '<svg/>', 't-sne.png': 'png', 'cam.png': 'other' }) },
    ],
    { title: 'Brain' },
  )
  expect(html).toContain('<h1>Brain</h1>')
  expect(html).toContain('<h3>Evaluation</h3>')
  expect(html).toMatch(/<th scope="row">vote<\/th>\s*<td>40<\/td>/)
  expect(html.indexOf('scores</h2>')).toBeLessThan(html.indexOf('pictures</h2>'))
  expect(html.match(/<img /g)).toHaveLength(2) // the PNG twin of an SVG is not shown again
  expect(html).toContain(`data:image/svg+xml;base64,${Buffer.from('<svg/>').toString('base64')}`)
  expect(html).toContain('<th scope="row">ece</th><td>not estimable</td>')
})

test('falls back to the table when there is no text', async () => {
  const table = { columns: ['Input', 'n'], rows: [['a|b', '1']] }
  expect(await htmlOf([{ name: 'x', value: aReport({}, { table }) }])).toContain('<th scope="row">a|b</th>')
})

test('refers to nothing outside and runs no script', async () => {
  const nasty = '</h2><script>alert(1)</script>'
  const html = await htmlOf(
    [
      {
        name: nasty,
        value: aReport({ 'a.md': `# ${nasty}\n\n${nasty}\n\n- ${nasty}`, 'f.svg': '<svg onload="x()"/>' }),
      },
    ],
    { title: nasty },
  )
  expect(html).not.toContain('<script')
  expect(html).not.toContain('onload')
  expect(html).not.toMatch(/(src|href)="(?!data:|#)/)
  expect(html).toContain("default-src 'none'")
})

test('carries the figures of its reports under their names', async () => {
  const result = await runOperation(page, { inputs: { reports: [{ name: 'scores', value: aReport({}) }] } })
  expect((result.outputs['report'] as ReportValue).metrics).toEqual({ 'scores.accuracy': 0.75, 'scores.ece': null })
  result.dispose()
})

test('reads headings, lists, code and escaped pipes of Markdown', () => {
  expect(markdownToHtml('## A & B\n\n- x\n- `y`\n\nplain\nline')).toBe(
    '<h2>A &amp; B</h2>\n<ul>\n<li>x</li>\n<li><code>y</code></li>\n</ul>\n<p>plain\nline</p>',
  )
  expect(markdownToHtml('[x](http://a.b) ![y](z.png) <b> *q* a_b_c')).toBe(
    '<p>[x](http://a.b) ![y](z.png) &lt;b&gt; *q* a_b_c</p>',
  )
  expect(markdownToHtml('| a\\|b | c |\n| --- | --- |\n| 1 | 2 |')).toContain('<th scope="col">a|b</th>')
})
