import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { chromium } from 'playwright-core'

/** A browser of this machine, should there be one. */
export function findBrowser() {
  const usual = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
  return [process.env.ETSEF_CHROMIUM, ...usual].find((path) => path !== undefined && existsSync(path))
}

/** What a reader looks for, and the page that must be offered. */
const searches = [
  { word: 'fast-ica', page: /fast-ica\.html/ },
  { word: 'FeatureBatch', page: /FeatureBatch\.html/ },
]

/** A page of each sort. */
const pages = [
  'index.html',
  'documents/Guides.html',
  'documents/Operations.ensemble.ensemble_linear-svm.html',
  'modules/_etsef_plugin-api.html',
  'interfaces/_etsef_plugin-api.index.FeatureBatch.html',
]

/** Opens pages of the site as a reader would, in light, dark and on a phone, and searches. @returns What is wrong. */
export async function openSite(site, executablePath, picturesDir) {
  const problems = []
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--force-color-profile=srgb'] })
  try {
    const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core'), 'utf8')
    for (const look of [
      { name: 'light', colorScheme: 'light', viewport: { width: 1280, height: 900 } },
      { name: 'dark', colorScheme: 'dark', viewport: { width: 1280, height: 900 } },
      { name: 'phone', colorScheme: 'light', viewport: { width: 390, height: 844 } },
    ]) {
      const context = await browser.newContext(look)
      const tab = await context.newPage()
      tab.on('pageerror', (error) => problems.push(`${look.name}: ${error.message}`))
      for (const page of pages) {
        const place = `${look.name} ${page}`
        if (!existsSync(join(site, page))) {
          problems.push(`${place}: not there`)
          continue
        }
        await tab.goto(pathToFileURL(resolve(site, page)).href)
        await tab.locator('#tsd-search-trigger:not([disabled])').waitFor()
        // A phone shows the same elements; what differs is whether tables scroll, and one page tells.
        if (look.name !== 'phone' || page.startsWith('documents/Operations'))
          for (const violation of await serious(tab, axe)) problems.push(`${place}: ${violation}`)
        const width = await tab.evaluate('document.documentElement.scrollWidth')
        if (width > look.viewport.width) problems.push(`${place}: ${width} pixels wide`)
        if (picturesDir) {
          mkdirSync(picturesDir, { recursive: true })
          await tab.screenshot({ path: join(picturesDir, `${look.name}-${page.replaceAll('/', '-')}.png`) })
        }
      }
      await context.close()
    }
    problems.push(...(await search(browser, site)))
  } finally {
    await browser.close()
  }
  return problems
}

async function serious(tab, axe) {
  await tab.evaluate(axe)
  const { violations } = await tab.evaluate('axe.run()')
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.length} times, at first ${nodes[0].html.slice(0, 200)}`)
}

async function search(browser, site) {
  const problems = []
  const tab = await browser.newPage()
  for (const { word, page } of searches) {
    await tab.goto(pathToFileURL(resolve(site, 'index.html')).href)
    await tab.locator('#tsd-search-trigger').click()
    await tab.locator('#tsd-search-input').fill(word)
    const results = tab.locator('#tsd-search-results a')
    await results.first().waitFor()
    const hrefs = await results.evaluateAll((links) => links.map((link) => link.getAttribute('href')))
    const found = hrefs.findIndex((href) => page.test(href))
    if (found === -1) problems.push(`search for ${word}: ${hrefs.slice(0, 5).join(', ')}`)
    else {
      await results.nth(found).click()
      await tab.waitForURL(page)
    }
  }
  await tab.close()
  return problems
}
