import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { etsef, lastJson, root, temporaryFolder } from '../support/etsef.js'
import type { RunSummary } from '../support/leak-project.js'

const { path, dispose } = temporaryFolder()
const pipeline = `name: asset
nodes:
  points: { use: sound/points, with: { numSamples: 30 } }
  scaled: { use: asset-outside/scale, in: { features: points } }
  count: { use: sound/count-features, in: { features: scaled } }
`

beforeAll(() => {
  mkdirSync(join(path, 'node_modules'))
  symlinkSync(join(root, 'node_modules/@etsef'), join(path, 'node_modules/@etsef'))
  symlinkSync(join(import.meta.dirname, 'sound'), join(path, 'node_modules/etsef-plugin-sound'))
  // A copy: the asset is written to.
  cpSync(join(import.meta.dirname, 'asset-outside'), join(path, 'asset-outside'), { recursive: true })
  symlinkSync(join(path, 'asset-outside/plugin'), join(path, 'node_modules/etsef-plugin-asset-outside'))
  const dependencies = { 'etsef-plugin-sound': '*', 'etsef-plugin-asset-outside': '*' }
  writeFileSync(join(path, 'package.json'), JSON.stringify({ name: 'asset', private: true, dependencies }))
  writeFileSync(join(path, 'pipeline.yaml'), pipeline)
})
afterAll(() => {
  dispose()
})

/** What became of each node in a run. */
async function states(): Promise<Readonly<Record<string, string>>> {
  // What `run --json` prints.
  const { nodes } = lastJson(await etsef(['run', 'pipeline.yaml', '--json'], { cwd: path })) as unknown as RunSummary
  return Object.fromEntries(Object.entries(nodes).map(([node, { state }]) => [node, state]))
}

test('an asset outside the plugin that reads it makes results stale when it changes, and is named', async () => {
  const all = { points: 'done', scaled: 'done', count: 'done' }
  expect(await states()).toEqual(all)
  expect(await states()).toMatchObject({ scaled: 'pruned', count: 'cached' })
  writeFileSync(join(path, 'asset-outside/assets/factor.txt'), '3\n')
  const { stdout } = await etsef(['explain', 'pipeline.yaml', 'scaled'], { cwd: path })
  await expect(stdout.replaceAll(/run [\w-]+|key \w+/g, '…')).toMatchFileSnapshot(
    join(import.meta.dirname, 'asset-outside/told.txt'),
  )
  expect(await states()).toEqual({ ...all, points: 'cached' })
})
