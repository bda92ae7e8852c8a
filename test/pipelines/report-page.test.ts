import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Browser } from 'playwright-core'
import { chromium, seriousViolations } from '../support/browser.js'
import { etsef, lastJson, root, temporaryFolder } from '../support/etsef.js'
import { tinyDemo } from '../support/tiny-demo.js'

// The page of a run of pipelines/demo.yaml with little data and a page for each case; ETSEF_REPORT_STORE names a store whose newest run is looked at instead.

const folder = temporaryFolder()
const given = process.env['ETSEF_REPORT_STORE']
const store = given ?? join(folder.path, 'store')
const file = join(folder.path, 'report.html')
/** The demo, whose cases are told with maps of both base models. */
const withCases = `
extends: ${join(root, 'pipelines/demo.yaml')}
nodes:
  tlCam: { use: xai/grad-cam, in: { images: split, model: tl.model } }
  cases: { use: xai/cases, in: { images: split, predictor: vote.predictor, predictions: vote, attributions: [tlCam], models: [ssl.model] }, with: { background: 2 } }
`
let run: string
let page: string
beforeAll(async () => {
  if (given === undefined) {
    const pipeline = join(folder.path, 'demo.yaml')
    writeFileSync(pipeline, withCases)
    const done = await etsef(['run', pipeline, ...tinyDemo, '--store', store, '--json'])
    expect(lastJson(done)).toMatchObject({ status: 'ok' })
  }
  const made = await etsef(['report', '--store', store, '--out', file, '--json'])
  run = (lastJson(made) as unknown as { run: string }).run
  page = readFileSync(file, 'utf8')
})
afterAll(() => {
  folder.dispose()
})

interface Shown {
  readonly value: string
  readonly from: string
  readonly form: string
  readonly text: string
}

/** Every number of a page: the elements that `report/html` promises. */
function numbersOf(html: string): Shown[] {
  return [...html.matchAll(/<data value="([^"]*)" data-from="([^"]*)" data-form="([^"]*)"[^>]*>([^<]*)<\/data>/g)].map(
    ([, value, from, form, text]) => ({
      value: value!,
      from: unescaped(from!),
      form: form!,
      text: unescaped(text!),
    }),
  )
}

function unescaped(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&')
}

/** The documents that numbers name, from where they lie, not from the page. */
function documents(): Map<string, unknown> {
  const dir = join(store, 'runs', run)
  const read = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'))
  const found = new Map<string, unknown>([['record', read(join(dir, 'facts.json'))]])
  for (const report of readdirSync(join(dir, 'reports')))
    for (const name of ['metrics.json', 'attributions.json', 'cases.json'])
      if (existsSync(join(dir, 'reports', report, name)))
        found.set(`${report}/${name}`, read(join(dir, 'reports', report, name)))
  const [, sources = '{}'] = /<script type="application\/json" id="sources">(.*)<\/script>/.exec(page) ?? []
  found.set('findings', (JSON.parse(sources) as { findings: unknown }).findings)
  return found
}

function valueAt(document: unknown, pointer: string): unknown {
  return pointer
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>((at, token) => (at as Record<string, unknown> | undefined | null)?.[token], document)
}

/** The number that a text says, and by how much rounding may have moved it. */
function said(text: string): { readonly value: number; readonly slack: number } {
  const plain = text.replace('−', '-').replace(/[+± s]|%/g, '')
  const digits = plain.includes('.') ? plain.length - plain.indexOf('.') - 1 : 0
  return { value: Number(plain), slack: 0.5 * 10 ** -digits + 1e-12 }
}

describe('numbers', () => {
  test('there are pages of cases, wrong ones first', () => {
    if (given !== undefined) return
    const { cases } = documents().get('cases/cases.json') as { cases: { isRight: boolean; maps: unknown[] }[] }
    const wrong = cases.filter(({ isRight }) => !isRight)
    expect(cases.length).toBeGreaterThan(3)
    expect(cases.slice(0, wrong.length).every(({ isRight }) => !isRight)).toBe(true)
    expect(page.match(/<article class="case"/g)).toHaveLength(cases.length)
    expect(page.match(/<img src="data:image\/jpeg/g)).toHaveLength(
      cases.reduce((sum, { maps }) => sum + 1 + maps.length, 0),
    )
  })

  test('every one is that of the document it names, rounded', () => {
    const sources = documents()
    const numbers = numbersOf(page)
    expect(numbers.length).toBeGreaterThan(300)
    for (const { value, from, form, text } of numbers) {
      const [source, pointer] = [from.slice(0, from.indexOf('#')), from.slice(from.indexOf('#') + 1)]
      expect(sources.has(source), from).toBe(true)
      const there = valueAt(sources.get(source), pointer)
      if (text === '–') {
        expect([value, there ?? null], from).toEqual(['', null])
        continue
      }
      expect(Number(value), from).toBe(there)
      const factor = ['percent', 'points', 'level'].includes(form) ? 100 : 1
      if (text === '<0.001') expect(there as number, from).toBeLessThan(0.001)
      else {
        const { value: rounded, slack } = said(text)
        const precise = form === 'short' ? Math.abs(rounded) * 5e-4 : slack
        expect(Math.abs(rounded - factor * (there as number)), `${from}: ${text}`).toBeLessThanOrEqual(precise)
      }
    }
  })

  test('none stands outside, but in names, YAML, pictures and what other reports wrote', () => {
    const main = page.slice(page.indexOf('<main>'), page.indexOf('</main>'))
    const rest = main
      .replaceAll(/<div class="quoted">[\s\S]*?<div class="figures">/g, '')
      .replaceAll(/<div class="panel">[\s\S]*?<\/div>/g, '')
      .replaceAll(/<(data|code|pre|svg|caption|summary|h2)\b[\s\S]*?<\/\1>/g, '')
      .replaceAll(/<th scope="col"[\s\S]*?<\/th>/g, '')
      .replaceAll(/<span class="(name|warning)">[^<]*<\/span>/g, '')
      .replaceAll(/<[^>]*>/g, '')
    expect(rest.match(/.*\d.*/g) ?? []).toEqual([])
  })

  test('a warning is one that a report wrote', () => {
    const written = JSON.stringify([...documents().values()])
    for (const [, warning] of page.matchAll(/<span class="warning">([^<]*)<\/span>/g))
      expect(written).toContain(warning)
  })

  test('what the page says of other reports is what they wrote', () => {
    for (const [, quoted] of page.matchAll(/<div class="quoted">([\s\S]*?)<div class="figures">/g)) {
      const texts = readdirSync(join(store, 'runs', run, 'reports'))
        .map((report) => join(store, 'runs', run, 'reports', report, 'table.md'))
        .filter(existsSync)
        .map((path) => readFileSync(path, 'utf8'))
      const numbers = quoted!.replaceAll(/<[^>]*>/g, ' ').match(/\d[\d.e−-]*/g) ?? []
      const source = texts.find((text) => numbers.every((number) => text.includes(number.replace(/\.$/, ''))))
      if (numbers.length > 0 && texts.length > 0) expect(source !== undefined || numbers.length < 3).toBe(true)
    }
  })
})

describe.skipIf(chromium === undefined)('in Chromium (skipped without: set ETSEF_CHROMIUM to one)', () => {
  let browser: Browser
  beforeAll(async () => {
    const playwright = await import('playwright-core')
    browser = await playwright.chromium.launch({ executablePath: chromium!, args: ['--no-sandbox'] })
  })
  afterAll(async () => {
    await browser.close()
  })

  test('is one file below 10 MB', () => {
    expect(statSync(file).size).toBeLessThan(10 * 2 ** 20)
  })

  test.each([
    ['light', { colorScheme: 'light', viewport: { width: 1280, height: 900 } }],
    ['dark', { colorScheme: 'dark', viewport: { width: 1280, height: 900 } }],
    ['phone', { colorScheme: 'light', viewport: { width: 390, height: 844 } }],
    ['small dark phone', { colorScheme: 'dark', viewport: { width: 320, height: 600 } }],
  ] as const)('%s: no error, no request, nothing beside the screen, nothing serious for axe', async (_, options) => {
    const context = await browser.newContext(options)
    const tab = await context.newPage()
    const said: string[] = []
    const requests: string[] = []
    tab.on('console', (message) => said.push(message.text()))
    tab.on('pageerror', (error) => said.push(error.message))
    tab.on('request', (request) => {
      if (!request.url().startsWith('data:')) requests.push(request.url())
    })
    await tab.goto(`file://${file}`)
    expect(said).toEqual([])
    expect(requests).toEqual([`file://${file}`])
    // Everything that is folded is looked at, too.
    await tab.evaluate('document.querySelectorAll("details").forEach((each) => { each.open = true })')
    expect(await tab.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')).toBe(0)
    expect(await seriousViolations(tab)).toEqual([])
    await context.close()
  })

  test('every picture is drawn, and it prints', async () => {
    const tab = await browser.newPage()
    await tab.goto(`file://${file}`)
    expect(
      await tab.evaluate('[...document.images].filter((each) => !each.complete || each.naturalWidth === 0).length'),
    ).toBe(0)
    expect(await tab.evaluate('document.querySelectorAll(".chart svg path").length')).toBeGreaterThan(50)
    expect((await tab.pdf({ format: 'A4' })).length).toBeGreaterThan(20_000)
    // Paper cannot be unfolded.
    await tab.emulateMedia({ media: 'print' })
    expect(await tab.evaluate(numHiddenCells)).toBe(0)
    await tab.close()
  })
})

/** Cells of folded tables that are not shown. */
const numHiddenCells =
  '[...document.querySelectorAll("details:not([open]) td")].filter((each) => !each.checkVisibility({ contentVisibilityAuto: true })).length'
