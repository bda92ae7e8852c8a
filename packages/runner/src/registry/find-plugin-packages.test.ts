import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { PipelineError } from '@etsef/plugin-api'
import { afterAll, expect, test } from 'vitest'
import { findPluginPackages } from './find-plugin-packages.js'

const path = realpathSync(mkdtempSync(join(tmpdir(), 'etsef-packages-')))
afterAll(() => rmSync(path, { recursive: true }))

/** The copy of the contract that the runner itself loads. */
const own = join(dirname(fileURLToPath(import.meta.resolve('@etsef/plugin-api/package.json'))))

function write(dir: string, manifest: object): void {
  mkdirSync(join(path, dir), { recursive: true })
  writeFileSync(join(path, dir, 'package.json'), JSON.stringify(manifest))
}

function problemsOf(root: string, linked: readonly string[] = []): readonly PipelineError[] {
  const problems: PipelineError[] = []
  findPluginPackages(join(path, root), linked, problems)
  return problems
}

const etsef = { api: 1, plugin: './plugin.js' }
const contract = { '@etsef/plugin-api': '^1.0.0' }

test('a copy of the contract that a dependency of a plugin brings is named, with who brings it and where', () => {
  write('project', { dependencies: { 'etsef-plugin-a': '*' } })
  write('project/node_modules/etsef-plugin-a', {
    name: 'etsef-plugin-a',
    dependencies: { plain: '*', between: '*' },
    etsef,
  })
  mkdirSync(join(path, 'project/node_modules/@etsef'), { recursive: true })
  symlinkSync(own, join(path, 'project/node_modules/@etsef/plugin-api'))
  // Names no contract, so what lies there is not looked at.
  write('project/node_modules/plain', { name: 'plain' })
  write('project/node_modules/plain/node_modules/@etsef/plugin-api', { version: '0.9.0' })
  write('project/node_modules/between', { name: 'between', dependencies: { helper: '*' }, peerDependencies: contract })
  write('project/node_modules/helper', { name: 'helper', dependencies: { ...contract, between: '*' } })
  expect(problemsOf('project')).toEqual([])
  write('project/node_modules/helper/node_modules/@etsef/plugin-api', { version: '1.0.7' })
  expect(problemsOf('project')).toMatchObject([
    {
      code: 'ERR_PLUGIN',
      message: expect.stringMatching(/^Package "etsef-plugin-a" stands on "helper", which stands on another copy of/),
      place: { file: 'node_modules/helper/package.json', line: 1, column: 1 },
      received: '1.0.7 at node_modules/helper/node_modules/@etsef/plugin-api',
      hint: expect.stringContaining('a peer dependency of helper'),
    },
  ])
})

test('a linked folder with a copy of its own is told how it is installed without', () => {
  write('elsewhere', {})
  write('mine', { name: 'etsef-plugin-mine', peerDependencies: contract, etsef })
  write('mine/node_modules/@etsef/plugin-api', { version: '1.0.0' })
  expect(problemsOf('elsewhere', [join(path, 'mine')])).toMatchObject([
    {
      code: 'ERR_PLUGIN',
      place: { file: join(path, 'mine/package.json'), line: 1, column: 1 },
      hint: expect.stringContaining('install what npm pack makes of etsef-plugin-mine'),
    },
  ])
})
