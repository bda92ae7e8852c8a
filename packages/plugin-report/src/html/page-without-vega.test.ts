import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ReportValue } from '@etsef/plugin-api'
import { runOperation } from '@etsef/plugin-api/testing'
import { expect, test, vi } from 'vitest'
import plugin from '../plugin.js'
import { someFacts } from './testing/some-facts.js'

// What takes most of a second to load and to draw with must not stand between a reader and the page.
for (const library of ['vega', 'vega-lite', '@etsef/drawing'])
  vi.doMock(library, () => {
    throw new Error(`${library} was loaded`)
  })

test('a page is drawn without the library that its files are drawn with', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'etsef-page-'))
  const record = join(dir, 'facts.json')
  writeFileSync(record, JSON.stringify(someFacts().facts))
  const operation = plugin.operations.find(({ type }) => type === 'report/html')!
  const result = await runOperation(operation, { options: { record }, inputs: { reports: [] } })
  const { dir: made } = result.outputs['report'] as ReportValue
  expect(readFileSync(join(made, 'index.html'), 'utf8').match(/<path class="line c\d"/g)!.length).toBeGreaterThan(3)
  result.dispose()
  const writing = runOperation(operation, { options: { record, files: true }, inputs: { reports: [] } })
  await expect(writing).rejects.toThrow(/was loaded|error when mocking/)
  rmSync(dir, { recursive: true })
})
