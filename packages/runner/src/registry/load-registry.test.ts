import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadRegistry } from './load-registry.js'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'etsef-registry-'))
  const plugin = join(root, 'node_modules/etsef-plugin-fragile')
  mkdirSync(plugin, { recursive: true })
  writeFileSync(join(root, 'package.json'), '{ "dependencies": { "etsef-plugin-fragile": "*" } }')
  writeFileSync(
    join(plugin, 'package.json'),
    '{ "name": "etsef-plugin-fragile", "version": "1.0.0", "type": "module", "etsef": { "api": 1, "plugin": "./manifest.js" } }',
  )
  writeFileSync(
    join(plugin, 'manifest.js'),
    `import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
if (existsSync(${JSON.stringify(join(root, 'short-of-memory'))})) execFileSync('kill', ['-9', String(process.pid)])
export default { name: 'fragile', apiVersion: 1, operations: [] }
`,
  )
})
afterEach(() => {
  rmSync(root, { recursive: true })
})

test('a manifest whose process was killed, as by a machine short of memory, is looked at again', async () => {
  writeFileSync(join(root, 'short-of-memory'), '')
  const killed = await loadRegistry(root, ['fragile/any'])
  expect(killed.problems.map(({ message }) => message)).toEqual([
    expect.stringContaining('it ends the process that loads it with SIGKILL') as string,
  ])
  rmSync(join(root, 'short-of-memory'))
  const loaded = await loadRegistry(root, ['fragile/any'])
  expect(loaded.problems).toEqual([])
  expect(loaded.installed.map(({ name }) => name)).toEqual(['fragile'])
})
