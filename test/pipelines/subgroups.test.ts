import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { etsef, temporaryFolder } from '../support/etsef.js'

const folder = temporaryFolder()
afterAll(() => {
  folder.dispose()
})

/** Plans features of a table's pictures, a classifier and its scores by subgroups; planning reads no picture. */
async function plan(
  images: string,
  subgroups: string,
): Promise<{ readonly code: number | null; readonly stdout: string }> {
  for (const name of ['a', 'b']) {
    mkdirSync(join(folder.path, 'pictures', name), { recursive: true })
    writeFileSync(join(folder.path, 'pictures', name, '1.png'), name)
  }
  writeFileSync(join(folder.path, 'table.csv'), 'file,label,sex\na/1.png,a,f\nb/1.png,b,m\n')
  const file = join(folder.path, 'subgroups.yaml')
  writeFileSync(
    file,
    `nodes:
  images: { use: ${images}, with: { path: ${join(folder.path, 'pictures')}${images === 'data/table' ? `, table: ${join(folder.path, 'table.csv')}, attributes: [sex]` : ''} } }
  split: { use: data/split, in: { images: images } }
  start: { use: backbones/pretrained, with: { architecture: mobilenetV1, width: 0.25, inputSize: 32 } }
  features: { use: backbones/extract, in: { images: split, model: start } }
  nearest: { use: ensemble/knn, in: { features: features } }
  scores: { use: report/evaluate, in: { predictions: [nearest] }, with: { subgroups: [${subgroups}] } }
`,
  )
  return etsef(['plan', file, '--store', join(folder.path, 'store')])
}

test('a subgroup that a table has no column for is refused before anything runs, far below the table', async () => {
  expect(await plan('data/table', 'sex')).toMatchObject({ code: 0 })
  const { code, stdout } = await plan('data/table', 'sec')
  expect([code, stdout]).toEqual([2, expect.stringContaining('The rows have no attribute "sec"')])
  expect(stdout).toContain('did you mean "sex"?')
})

test('a folder has none', async () => {
  const { code, stdout } = await plan('data/folder', 'sex')
  expect([code, stdout]).toEqual([2, expect.stringContaining('attributes are columns of a table')])
})
