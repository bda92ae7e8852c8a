import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'

/** A browser of this machine, should there be one. */
export const chromium = [
  process.env['ETSEF_CHROMIUM'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => path !== undefined && existsSync(path))

/** What axe finds wrong on a page. */
interface Violation {
  readonly id: string
  readonly impact: string
  readonly nodes: readonly { readonly html: string }[]
}

/** What axe finds on a page that is serious or critical, each with its first place. */
export async function seriousViolations(tab: Page): Promise<readonly string[]> {
  await tab.evaluate(readFileSync(createRequire(import.meta.url).resolve('axe-core'), 'utf8'))
  const found = await tab.evaluate<readonly Violation[]>('axe.run().then(({ violations }) => violations)')
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 200) ?? ''}`)
}
