import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { read, temporaryFolder } from '../support/etsef.js'
import { makeMachine, type Machine } from './machine.js'
import { isUpstreamThere, startRegistry, type LocalRegistry } from './registry.js'

/** The demo with fewer images and epochs: the same graph to the same table. */
const small = ['vars.perClass=24', 'intermediate.with.perClass=12', 'tlSource.with.epochs=1', 'sslSource.with.epochs=1', 'tl.with.epochs=1', 'ssl.with.epochs=1', 'vars.components=6'] // prettier-ignore

describe.skipIf(!(await isUpstreamThere()))('on a machine with Node and nothing else', () => {
  const { path, dispose } = temporaryFolder()
  let registry: LocalRegistry
  let machine: Machine
  let project: string
  beforeAll(async () => {
    registry = await startRegistry(join(path, 'registry'))
    machine = await makeMachine(path, registry.url)
    project = machine.folder('project')
    await machine.run(project, ['npm', 'install', 'etsef'])
  })
  afterAll(async () => {
    await registry.stop()
    dispose()
  })

  test('no package that is installed has an install script', () => {
    const { packages } = JSON.parse(read(project, 'node_modules/.package-lock.json')) as {
      packages: Record<string, { hasInstallScript?: boolean; resolved?: string }>
    }
    expect(Object.keys(packages)).toContain('node_modules/@etsef/nn')
    expect(Object.entries(packages).filter(([, { hasInstallScript }]) => hasInstallScript)).toEqual([])
    // No host but the registry.
    for (const { resolved } of Object.values(packages))
      expect(resolved).toMatch(/^(http:\/\/localhost|https:\/\/registry\.)/)
  })

  test('there is one copy of the contract', () => {
    const copies = readdirSync(join(project, 'node_modules'), { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('@etsef/plugin-api'),
    )
    expect(copies).toEqual(['@etsef/plugin-api'])
  })

  test('the demo runs to its table, on WASM', async () => {
    const { stdout } = await machine.run(project, ['npx', 'etsef', 'demo', ...small.flatMap((each) => ['--set', each])])
    expect(existsSync(join(project, 'demo.yaml'))).toBe(true)
    expect(stdout).toMatch(/vote .*\d\.\d/)
    expect(stdout).toMatch(/engine wasm-/)
    const again = await machine.run(project, ['npx', 'etsef', 'demo', ...small.flatMap((each) => ['--set', each])])
    expect(again.stdout).not.toMatch(/\d+ done/)
  })
})
