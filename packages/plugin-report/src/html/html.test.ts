import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ReportValue } from '@etsef/plugin-api'
import { runOperation, somePredictions } from '@etsef/plugin-api/testing'
import { afterEach, describe, expect, test } from 'vitest'
import plugin from '../plugin.js'
import { markdownToHtml } from './markdown.js'
import { someFacts } from './testing/some-facts.js'

const operation = (type: string) => plugin.operations.find((each) => each.type === type)!
const dirs: string[] = []

afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true })
})

function temporary(): string {
  const dir = mkdtempSync(join(tmpdir(), 'etsef-report-'))
  dirs.push(dir)
  return dir
}

function aReport(files: Readonly<Record<string, string>>, more: Partial<ReportValue> = {}): ReportValue {
  const dir = temporary()
  for (const [name, content] of Object.entries(files)) writeFileSync(join(dir, name), content)
  return { kind: 'report', dir, metrics: { accuracy: 0.75, ece: null }, ...more }
}

interface Made {
  readonly html: string
  readonly dir: string
  readonly dispose: () => void
}

async function make(reports: readonly { name: string; value: ReportValue }[], options = {}): Promise<Made> {
  const result = await runOperation(operation('report/html'), { options, inputs: { reports } })
  const { dir } = result.outputs['report'] as ReportValue
  return { html: readFileSync(join(dir, 'index.html'), 'utf8'), dir, dispose: result.dispose }
}

/** The report of an evaluation of three inputs. */
async function anEvaluation(classNames?: readonly string[]): Promise<{ value: ReportValue; dispose: () => void }> {
  const predictions = (accuracy: number, seed: number) => ({
    ...somePredictions({ numSamples: 300, accuracy, seed }),
    attributes: { sex: Array.from({ length: 300 }, (_, row) => (row % 3 === 0 ? 'f' : 'm')) },
    ...(classNames === undefined ? {} : { classNames }),
  })
  const result = await runOperation(operation('report/evaluate'), {
    options: { resamples: 100, subgroups: ['sex'] },
    inputs: {
      predictions: [
        { name: 'svm', value: predictions(0.7, 1) },
        { name: 'knn', value: predictions(0.6, 2) },
        { name: 'vote', value: predictions(0.9, 3) },
      ],
    },
  })
  return { value: result.outputs['report'] as ReportValue, dispose: result.dispose }
}

describe('report/html', () => {
  test('shows texts, tables and figures of reports that it does not know, in order', async () => {
    const { html, dispose } = await make(
      [
        { name: 'first', value: aReport({ 'table.md': '# Found\n\n| Input | n |\n| --- | ---: |\n| vote | 40 |' }) },
        { name: 'pictures', value: aReport({ 't-sne.svg': '<svg/>', 't-sne.png': 'png', 'cam.png': 'other' }) },
        { name: 'plain', value: aReport({}, { table: { columns: ['Input', 'n'], rows: [['a|b', '1']] } }) },
      ],
      { title: 'Brain' },
    )
    expect(html).toContain('<h1>Brain</h1>')
    expect(html).toContain('<h3>Found</h3>')
    expect(html).toMatch(/<th scope="row">vote<\/th>\s*<td>40<\/td>/)
    expect(html.indexOf('first</h2>')).toBeLessThan(html.indexOf('pictures</h2>'))
    expect(html.match(/<img /g)).toHaveLength(2) // the PNG twin of an SVG is not shown again
    expect(html).toContain(`data:image/svg+xml;base64,${Buffer.from('<svg/>').toString('base64')}`)
    expect(html).toContain('<th scope="row">a|b</th>')
    dispose()
  })

  test('nothing that somebody named becomes markup, a request or a script', async () => {
    const nasty = '</h2><script>alert(1)</script><img src=x onerror=alert(1)>"\'&{{=1}}'
    const evaluation = await anEvaluation([nasty, '</script><!--', 'c" onload="x'])
    const record = join(temporary(), 'facts.json')
    const { facts } = someFacts()
    writeFileSync(
      record,
      JSON.stringify({
        ...facts,
        pipeline: nasty,
        description: nasty,
        yaml: nasty,
        graph: `<svg onload="x()"><script>alert(1)</script></svg>`,
        nodes: facts.nodes.map((node) => ({ ...node, operation: nasty })),
        command: { overrides: [nasty], profile: nasty },
      }),
    )
    const { html, dispose } = await make(
      [
        { name: 'scores', value: evaluation.value },
        { name: 'other', value: aReport({ 'a.md': `# ${nasty}\n\n- ${nasty}`, 'f.svg': '<svg onload="x()"/>' }) },
      ],
      { title: nasty, record },
    )
    const scripts = html.match(/<script/g)
    expect(scripts).toHaveLength(1)
    expect(html).toContain('<script type="application/json" id="sources">')
    expect(html.match(/<\/script>/g)).toHaveLength(1)
    expect(html).not.toMatch(/<[^>]*\son\w+=/) // no tag has a handler
    expect(html).not.toMatch(/<[^>]*\s(src|href)="(?!data:|#)/)
    expect(html).not.toMatch(/url\((?!#)/)
    expect(html).toContain("default-src 'none'")
    dispose()
    evaluation.dispose()
  })

  const member = (name: string, share: number, says: string | null = null) => ({ name, says, share })
  /** A `cases.json` of so many cases, with files of so many bytes. */
  function someCases(numCases: number, numBytes: number, id = (at: number) => `row-${String(at)}`): ReportValue {
    const picture = 'p.jpg'
    const json = {
      formatVersion: 1,
      ...{ partition: 'test', unit: 'margin', numRows: 9, numWrong: 1, numCases },
      cases: Array.from({ length: numCases }, (_, at) => ({
        ...{ id: id(at), trueClass: 'class0', answer: at === 0 ? 'class1' : 'class0', isRight: at > 0 },
        ...{ explainedClass: at === 0 ? 'class1' : 'class0', value: 0.25, picture },
        maps: [
          {
            name: 'cam',
            method: 'grad-cam',
            unit: 'logit',
            explainedClass: 'class0',
            max: 2.5,
            isEmpty: false,
            file: picture,
          },
          {
            name: 'shap',
            method: 'vote-shap',
            unit: 'margin',
            explainedClass: 'class0',
            max: 0,
            isEmpty: true,
            file: picture,
          },
        ],
        classifiers: { base: 0, members: [member('svm', 0.5, 'class0'), member('knn', -0.25, 'class1')] },
        baseModels: { base: 0.125, members: [member('net', 0.125)] },
      })),
    }
    const report = aReport({ 'cases.json': JSON.stringify(json) })
    writeFileSync(join(report.dir, picture), Buffer.alloc(numBytes, 1))
    return report
  }

  test('tells each case: pictures, what members say, and shares that name where they were read', async () => {
    const { html, dir, dispose } = await make([{ name: 'why', value: someCases(2, 30) }], { files: true })
    expect(html.match(/<article class="case"/g)).toHaveLength(2)
    expect(html.match(/<img src="data:image\/jpeg;base64,AQEB/g)).toHaveLength(6)
    expect(html).toMatch(/class0<\/span> taken for <span class="name">class1/)
    expect(html).toContain(
      '<data value="-0.25" data-from="why/cases.json#/cases/1/classifiers/members/1/share" data-form="signed">−0.250</data>',
    )
    expect(html).toContain('data-from="why/cases.json#/cases/0/baseModels/base"')
    expect(html).toContain('nothing speaks for')
    expect(html).toContain('data-from="why/cases.json#/numWrong"')
    expect(html).not.toContain('no room')
    expect(html).not.toContain('why</h2>')
    expect(readFileSync(join(dir, 'tables/cases-why.csv'), 'utf8')).toContain(
      'row-1,class0,class0,0.25,0.5,-0.25,0.125',
    )
    dispose()
  })

  test('stops where cases have no more room for pictures, and says so', async () => {
    const { html, dispose } = await make([{ name: 'why', value: someCases(5, 300_000) }])
    // 2 MB of the 4, for failures have the other half; 0.9 MB a case.
    expect(html.match(/<article class="case"/g)).toHaveLength(2)
    expect(html).toContain('has no room')
    expect(html).toContain('row-4')
    dispose()
  })

  test('takes what is no cases.json, or names files outside, for any other report', async () => {
    const outside = someCases(1, 30)
    const path = join(outside.dir, 'cases.json')
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll('p.jpg', '../p.jpg'))
    const nasty = '</h3><script>alert(1)</script>'
    const { html, dispose } = await make([
      { name: 'outside', value: outside },
      { name: 'old', value: aReport({ 'cases.json': '{"formatVersion":0}', 'a.md': 'words' }) },
      { name: 'nasty', value: someCases(1, 30, () => nasty) },
    ])
    expect(html.match(/<article class="case"/g)).toHaveLength(1)
    expect(html).toContain('words')
    expect(html.match(/<script/g)).toHaveLength(1)
    dispose()
  })

  test('tells of subgroups what their JSON says, a table an attribute', async () => {
    const evaluation = await anEvaluation()
    const { html, dispose } = await make([{ name: 'scores', value: evaluation.value }])
    const stored = JSON.parse(readFileSync(join(evaluation.value.dir, 'metrics.json'), 'utf8')) as {
      subgroups: { value: string; numSamples: number; inputs: { metrics: { balancedAccuracy: number } }[] }[]
    }
    const table = /<caption>By sex<\/caption>[\s\S]*?<\/table>/.exec(html)?.[0] ?? ''
    expect(stored.subgroups.map(({ value }) => value)).toEqual(['f', 'm'])
    for (const { numSamples, inputs } of stored.subgroups) {
      expect(table).toContain(`>${String(numSamples)}<`)
      for (const { metrics } of inputs) expect(table).toContain(`>${metrics.balancedAccuracy.toFixed(3)}<`)
    }
    evaluation.dispose()
    dispose()
  })

  test('shows what was taken for something else with its votes, also where no map was made of it', async () => {
    const evaluation = await anEvaluation()
    const rows = readFileSync(join(evaluation.value.dir, 'predictions.csv'), 'utf8').trim().split('\n')
    const columns = rows[0]!.split(',')
    const at = (row: string, column: string): string => row.split(',')[columns.indexOf(column)]!
    const isWrong = (row: string): boolean => at(row, 'trueClass') !== at(row, 'predictedClass')
    const wrong = rows.slice(1).filter((row) => at(row, 'input') === 'vote' && isWrong(row))
    const [mapped, plain] = wrong.map((row) => at(row, 'id')) as [string, string]
    const list = {
      images: [
        { id: mapped, file: 'a.png', explainedClass: 'x' },
        { id: wrong.at(-1)!, explainedClass: 'x' }, // a map that was not drawn
      ],
      withoutMap: [{ id: plain, file: 'b.png' }],
    }
    const maps = aReport({ 'attributions.json': JSON.stringify(list), 'a.png': 'map', 'b.png': 'picture' })
    const { html, dispose } = await make([
      { name: 'scores', value: evaluation.value },
      { name: 'maps', value: maps },
    ])
    const cards = html.match(/<figure class="card">[\s\S]*?<\/figure>/g)!
    expect(cards).toHaveLength(2)
    const of = (alt: string): string => cards.find((card) => card.includes(`alt="${alt}"`)) ?? ''
    expect(of(`${mapped}, map of the evidence for x`)).toContain(Buffer.from('map').toString('base64'))
    expect(of(plain)).toContain(Buffer.from('picture').toString('base64'))
    expect(of(plain).match(/<li /g)).toHaveLength(2) // svm and knn say what they take it for
    expect(html).not.toContain('more pictures')
    dispose()
    // A page stays small enough to be mailed: of pictures of 3 MB, one.
    const large = aReport({
      'attributions.json': JSON.stringify(list),
      'a.png': 'a'.repeat(3e6),
      'b.png': 'b'.repeat(3e6),
    })
    const small = await make([
      { name: 'scores', value: evaluation.value },
      { name: 'maps', value: large },
    ])
    expect(small.html.match(/<figure class="card">/g)).toHaveLength(1)
    expect(small.html).toContain('there are more pictures than a page that is mailed has room for')
    small.dispose()
    evaluation.dispose()
  })

  test('first tells what was asked, the primary metric, what the set can show, and the rivals', async () => {
    const evaluation = await anEvaluation()
    const record = join(temporary(), 'facts.json')
    writeFileSync(record, JSON.stringify(someFacts().facts))
    const { html, dispose } = await make([{ name: 'scores', value: evaluation.value }], { record })
    const text = html.slice(html.indexOf('<main>'), html.indexOf('id="scores"')).replaceAll(/<[^>]+>/g, '')
    expect(text).toMatch(/Asked.*balanced accuracy, declared before the run/s)
    expect(text).toMatch(/Balanced accuracy of vote, 95 % interval \[0\.\d{3}, [01]\.\d{3}\]/)
    expect(text).toMatch(/Smallest difference this set can show: about ±\d+\.\d points/)
    expect(text).toMatch(/Best single model on these rows, svm with 0\.\d{3}: beaten; /)
    expect(text).toMatch(/Frozen baseline, svm with 0\.\d{3}/) // nothing trained step by step stands below it
    dispose()
    evaluation.dispose()
  })

  test('tells of the single model that validation rows chose, as of none that was picked on the reported rows', async () => {
    const evaluation = await anEvaluation()
    const record = join(temporary(), 'facts.json')
    const { facts } = someFacts()
    const nodes = facts.nodes.map((node) => (node.id === 'knn' ? { ...node, operation: 'ensemble/single-best' } : node))
    writeFileSync(record, JSON.stringify({ ...facts, nodes }))
    const { html, dispose } = await make([{ name: 'scores', value: evaluation.value }], { record })
    const text = html.slice(html.indexOf('<main>'), html.indexOf('id="scores"')).replaceAll(/<[^>]+>/g, '')
    expect(text).toMatch(/Single model chosen by validation rows, knn with 0\.\d{3}: beaten/)
    expect(text).toMatch(/Best single model on these rows, svm with/)
    dispose()
    evaluation.dispose()
  })

  test('within a run tells of the rivals that the pipeline names, and of no best one, which might be another vote', async () => {
    const evaluation = await anEvaluation()
    const rivalsOf = async (options: object): Promise<string> => {
      const { html, dispose } = await make([{ name: 'scores', value: evaluation.value }], options)
      dispose()
      return html.slice(html.indexOf('class="rivals"'), html.indexOf('id="scores"')).replaceAll(/<[^>]+>/g, '')
    }
    const named = await rivalsOf({ baseline: 'knn', single: 'svm', networks: ['svm', 'gone'] })
    expect(named).toMatch(/Single model chosen by validation rows, svm with 0\.\d{3}: beaten/)
    expect(named).toMatch(/Frozen baseline, knn with 0\.\d{3}: beaten/)
    expect(named).not.toContain('Best')
    expect(await rivalsOf({ single: 'svm' })).toContain('Frozen baseline: none among the inputs of scores')
    expect(await rivalsOf({})).not.toMatch(/Best|Frozen/)
    evaluation.dispose()
  })

  test('writes every table as CSV and LaTeX, every chart as SVG, PDF and PNG of 300 dots per inch, when asked', async () => {
    const evaluation = await anEvaluation()
    const record = join(temporary(), 'facts.json')
    writeFileSync(record, JSON.stringify(someFacts().facts))
    const { dir, dispose } = await make([{ name: 'scores', value: evaluation.value }], { record, files: true })
    expect(readFileSync(join(dir, 'tables/scores.csv'), 'utf8')).toMatch(
      /^Input,Balanced accuracy,Balanced accuracy low,/,
    )
    expect(readFileSync(join(dir, 'tables/scores.tex'), 'utf8')).toContain('\\toprule')
    const figures = readdirSync(join(dir, 'figures'))
    expect(figures).toContain('training-tl.svg')
    expect(readFileSync(join(dir, 'figures/training-tl.pdf')).subarray(0, 5).toString()).toBe('%PDF-')
    const png = readFileSync(join(dir, 'figures/training-tl.png'))
    expect([png.subarray(37, 41).toString(), png.readUInt32BE(41), png.readUInt8(49)]).toEqual(['pHYs', 11811, 1])
    for (const figure of figures.filter((name) => name.endsWith('.svg')))
      expect(existsSync(join(dir, 'figures', figure.replace('.svg', '.pdf')))).toBe(true)
    dispose()
    evaluation.dispose()
  })
})

describe('markdown', () => {
  test('reads headings, lists, code and escaped pipes', () => {
    expect(markdownToHtml('## A & B\n\n- x\n- `y`\n\nplain\nline')).toBe(
      '<h2>A &amp; B</h2>\n<ul>\n<li>x</li>\n<li><code>y</code></li>\n</ul>\n<p>plain\nline</p>',
    )
    expect(markdownToHtml('[x](http://a.b) ![y](z.png) <b> *q* a_b_c')).toBe(
      '<p>[x](http://a.b) ![y](z.png) &lt;b&gt; *q* a_b_c</p>',
    )
    expect(markdownToHtml('| a\\|b | c |\n| --- | --- |\n| 1 | 2 |')).toContain('<th scope="col">a|b</th>')
  })
})
