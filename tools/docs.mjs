// `npm run docs`: the site of guides, operations and packages, in site/. `-- --check` looks for broken links and opens it in Chromium.
import { buildSite } from './docs/build-site.mjs'
import { brokenLinks } from './docs/broken-links.mjs'
import { findBrowser, openSite } from './docs/open-site.mjs'

const site = 'site'
const { pages, problems } = await buildSite(site)
const say = (text) => process.stdout.write(`${text}\n`)
say(`${site}/index.html: ${pages} pages`)

if (process.argv.includes('--check')) {
  problems.push(...brokenLinks(site))
  const browser = findBrowser()
  if (browser) problems.push(...(await openSite(site, browser, process.env.ETSEF_DOCS_PICTURES)))
  else say('not opened: there is no Chromium here (ETSEF_CHROMIUM names one)')
}
for (const problem of problems) say(problem)
say(`${problems.length} problems`)
process.exit(problems.length > 0 ? 1 : 0)
