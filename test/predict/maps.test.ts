import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chromium, seriousViolations } from '../support/browser.js'
import { etsef, lastJson, temporaryFolder } from '../support/etsef.js'
import { leakProject } from '../support/leak-project.js'
import { serve, stop, type Served } from '../support/served.js'
import { writePhantoms } from '../support/phantom-folder.js'

// Heat maps beside the answers, and the page of the server that shows both, of a vote of classifiers on features of two networks: one has a head of its own, the other has none.

const project = leakProject()
const { path: away, dispose } = temporaryFolder()
const pictures = join(away, 'pictures')
const bundle = join(away, 'bundle')
let run: string

beforeAll(async () => {
  writePhantoms(join(project.path, 'data'), { perClass: 12, size: 48 })
  writePhantoms(pictures, { perClass: 1, size: 48, dataSeed: 4 })
  writeFileSync(join(pictures, 'broken.png'), 'no picture')
  ;({ run } = await project.run(
    `
name: mapped
seed: 1
nodes:
  scans: { use: data/folder, with: { path: ${join(project.path, 'data')} } }
  split: { use: data/split, in: { images: scans } }
  start: { use: backbones/pretrained, with: { architecture: mobilenetV2, inputSize: 64, width: 0.35 } }
  tl: { use: backbones/finetune, in: { images: split, init: start.model }, with: { epochs: 1, headEpochs: 0, batchSize: 8 } }
  frozen: { use: backbones/extract, in: { images: split, model: start.model } }
  nb: { use: ensemble/naive-bayes, in: { features: tl.features } }
  knn: { use: ensemble/knn, in: { features: frozen } }
  vote: { use: ensemble/vote, in: { predictions: [nb, knn] } }
`,
  ))
  await etsef(['bundle', run, '--node', 'vote', '-o', bundle], { cwd: project.path })
}, 180_000)
afterAll(() => {
  project.dispose()
  dispose()
})

interface Answered {
  readonly predictions: readonly { readonly id: string; readonly className?: string }[]
  readonly maps: readonly {
    readonly id: string
    readonly of: string
    readonly class: string
    readonly file?: string
    readonly missing?: string
  }[]
  readonly notes: readonly string[]
}

async function predicted(of: string, folder: string, env: Readonly<Record<string, string>> = {}): Promise<Answered> {
  const result = await etsef(['predict', of, pictures, '--maps', folder, '--json'], { cwd: project.path, env })
  return lastJson(result) as unknown as Answered
}

test('stand beside the answers, of the vote and of each network, from the run and from its bundle without TensorFlow', async () => {
  const own = await predicted(run, join(away, 'own'))
  const answered = own.predictions.filter(({ className }) => className !== undefined)
  expect(answered).toHaveLength(3)
  expect(own.maps.map(({ id, of }) => [id, of])).toEqual(
    answered.flatMap(({ id }) => ['answer', 'tl', 'frozen'].map((of) => [id, of])),
  )
  for (const { id, of, file, missing, class: explained } of own.maps) {
    expect(explained).toBe(answered.find((row) => row.id === id)!.className)
    if (of === 'frozen') expect([file, missing]).toEqual([undefined, expect.stringContaining('no classes of its own')])
    else
      expect(
        readFileSync(join(away, 'own', file!))
          .subarray(1, 4)
          .toString(),
      ).toBe('PNG')
  }
  expect(own.notes.filter((note) => note.includes('no map of frozen'))).toHaveLength(1)
  const list = readFileSync(join(away, 'own/maps.jsonl'), 'utf8').trimEnd().split('\n')
  expect(list.map((line) => JSON.parse(line) as unknown)).toEqual(own.maps)

  renameSync(join(project.path, '.etsef'), join(away, 'hidden'))
  try {
    const bundled = await predicted(bundle, join(away, 'bundled'), { ETSEF_ENGINE: 'wasm' })
    expect(bundled.maps.map(({ id, of, class: explained }) => [id, of, explained])).toEqual(
      own.maps.map(({ id, of, class: explained }) => [id, of, explained]),
    )
    for (const { file } of bundled.maps) if (file) expect(existsSync(join(away, 'bundled', file))).toBe(true)
  } finally {
    renameSync(join(away, 'hidden'), join(project.path, '.etsef'))
  }
}, 120_000)

describe('over HTTP', () => {
  let served: Served
  beforeAll(async () => {
    served = await serve(bundle, project.path)
  })
  afterAll(async () => {
    await stop(served)
  })
  const picture = (): Uint8Array<ArrayBuffer> => Uint8Array.from(readFileSync(join(pictures, 'nodule/p0000-0.png')))

  test('maps are those of the class that is answered, and a broken picture has none', async () => {
    const post = async (path: string, body: Uint8Array<ArrayBuffer>) => {
      const response = await fetch(`${served.url}${path}`, {
        ...{ method: 'POST', body, headers: { 'content-type': 'image/png' } },
      })
      return { status: response.status, answer: (await response.json()) as Record<string, unknown> }
    }
    const { answer } = await post('/predict', picture())
    const { status, answer: explained } = await post('/maps', picture())
    expect([status, explained['className'], explained['sha256']]).toEqual([200, answer['className'], answer['sha256']])
    const maps = explained['maps'] as readonly { network?: string; overlay?: string; missing?: string }[]
    expect(maps.map(({ network }) => network)).toEqual([undefined, 'tl', 'frozen'])
    expect(maps.map(({ overlay }) => overlay?.startsWith('iVBORw0KGgo'))).toEqual([true, true, undefined])
    const broken = await post('/maps', Uint8Array.from(Buffer.from('no picture')))
    expect([broken.status, broken.answer]).toMatchObject([422, { error: { code: 'ERR_BAD_DATA' } }])
    expect((await post('/maps', picture())).status).toBe(200)
  }, 60_000)

  describe.skipIf(chromium === undefined)('in Chromium (skipped without: set ETSEF_CHROMIUM to one)', () => {
    let browser: Browser
    beforeAll(async () => {
      const playwright = await import('playwright-core')
      browser = await playwright.chromium.launch({ executablePath: chromium!, args: ['--no-sandbox'] })
    })
    afterAll(async () => {
      await browser.close()
    })

    /** The page, with what it says, complains of and asks for elsewhere. */
    const open = async (options: BrowserContextOptions, url = served.url) => {
      const context = await browser.newContext(options)
      const tab = await context.newPage()
      const said: string[] = []
      const elsewhere: string[] = []
      tab.on('console', (message) => said.push(message.text()))
      tab.on('pageerror', (error) => said.push(error.message))
      tab.on('request', (request) => {
        if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(url)) elsewhere.push(request.url())
      })
      await tab.goto(url)
      return { tab, said, elsewhere, close: () => context.close() }
    }
    const answered = (tab: Page) => tab.waitForSelector('#answer:not([hidden])', { timeout: 30_000 })
    const shoot = async (tab: Page, name: string): Promise<void> => {
      const dir = process.env['ETSEF_SCREENSHOTS']
      if (dir !== undefined) await tab.screenshot({ path: join(dir, `${name}.png`), fullPage: true })
    }

    test.each<[string, BrowserContextOptions]>([
      ['light', { colorScheme: 'light', viewport: { width: 1280, height: 900 } }],
      ['dark', { colorScheme: 'dark', viewport: { width: 1280, height: 900 } }],
      ['phone', { colorScheme: 'light', viewport: { width: 320, height: 640 } }],
    ])(
      '%s: a dropped picture gets its vote, its members and its maps; nothing is asked elsewhere, and axe finds nothing serious',
      async (name, options) => {
        const { tab, said, elsewhere, close } = await open(options)
        await tab.locator('h1', { hasText: 'mapped' }).waitFor()
        expect(await seriousViolations(tab)).toEqual([])
        await tab.evaluate(dropping(picture()))
        await answered(tab)
        const response = await fetch(`${served.url}/predict`, {
          ...{ method: 'POST', body: picture(), headers: { 'content-type': 'image/png' } },
        })
        const { className, members } = (await response.json()) as { className: string; members: object }
        expect(await tab.textContent('#vote')).toBe(className)
        expect(await tab.locator('#members tbody th').allTextContents()).toEqual(Object.keys(members))
        expect(await tab.textContent('#use')).toMatch(/no medical device/)
        await tab.click('#show-maps')
        await tab.waitForSelector('#maps:not([hidden])', { timeout: 60_000 })
        expect(await tab.locator('figure img').count()).toBe(2)
        expect(await tab.textContent('#figures')).toMatch(/No map: it has no classes of its own/)
        expect(
          await tab.evaluate('[...document.images].filter((each) => !each.complete || each.naturalWidth === 0).length'),
        ).toBe(0)
        expect(await tab.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')).toBe(
          0,
        )
        expect(await seriousViolations(tab)).toEqual([])
        await shoot(tab, name)
        expect([said, elsewhere]).toEqual([[], []])
        expect(served.log()).not.toMatch(/Mustermann/)
        await close()
      },
      120_000,
    )

    test('by keyboard alone: a picture is chosen, and what comes is told and stands under focus', async () => {
      const { tab, close } = await open({})
      // Asked for before the first key: the browser takes a while to hand choosers over, and a key may be faster.
      const choosing = tab.waitForEvent('filechooser')
      await tab.locator('h1', { hasText: 'mapped' }).waitFor()
      await tab.keyboard.press('Tab')
      expect(await tab.evaluate('document.activeElement.id')).toBe('file')
      await tab.keyboard.press('Space')
      await (await choosing).setFiles(join(pictures, 'ring/p0000-0.png'))
      await answered(tab)
      expect(await tab.evaluate('document.activeElement.id')).toBe('answer-heading')
      expect(await tab.getAttribute('#status', 'aria-live')).toBe('polite')
      expect(await tab.textContent('#status')).toMatch(/^The answer is /)
      await tab.keyboard.press('Tab')
      expect(await tab.evaluate('document.activeElement.id')).toBe('show-maps')
      await close()
    }, 60_000)

    test('what is no picture is refused in words', async () => {
      const { tab, close } = await open({})
      await tab.setInputFiles('#file', join(pictures, 'broken.png'))
      await tab.locator('#status', { hasText: 'ERR_BAD_DATA' }).waitFor()
      expect(await tab.isVisible('#answer')).toBe(false)
      await close()
    }, 60_000)

    test('asks for a token where the server has one', async () => {
      writeFileSync(join(away, 'token'), 'a token of this test')
      const guarded = await serve(bundle, project.path, '--token-file', join(away, 'token'))
      try {
        const { tab, close } = await open({}, guarded.url)
        expect(await seriousViolations(tab)).toEqual([])
        expect(await tab.title()).not.toMatch(/mapped/)
        await tab.fill('#token', 'a token of this test')
        await tab.keyboard.press('Enter')
        await tab.locator('h1', { hasText: 'mapped' }).waitFor()
        await tab.setInputFiles('#file', join(pictures, 'ring/p0000-0.png'))
        await answered(tab)
        await close()
      } finally {
        await stop(guarded)
      }
    }, 60_000)
  })
})

/** A script for the page that drops a picture on it, as a file of a patient's name. */
function dropping(picture: Uint8Array): string {
  return `{
    const bytes = Uint8Array.from(atob(${JSON.stringify(Buffer.from(picture).toString('base64'))}), (letter) => letter.charCodeAt(0))
    const dataTransfer = new DataTransfer()
    dataTransfer.items.add(new File([bytes], 'Erika Mustermann.png', { type: 'image/png' }))
    for (const type of ['dragenter', 'dragover', 'drop'])
      document.getElementById('drop').dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer }))
  }`
}
