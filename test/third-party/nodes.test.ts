import { cpSync, existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { read, temporaryFolder } from '../support/etsef.js'
import { makeMachine, type Machine } from './machine.js'
import { isUpstreamThere, startRegistry, type LocalRegistry } from './registry.js'
import { small } from './small-demo.js'

/**
 * Node executables whose machines are tried, separated by colons: `ETSEF_NODES=/opt/node22/bin/node:/opt/node24/bin/node`. None as it is: fresh-machine.test.ts has the
 * Node that runs the tests, and a tensor engine takes minutes to download and build.
 */
const nodes = (process.env['ETSEF_NODES'] ?? '').split(':').filter((path) => path !== '')

describe.skipIf(nodes.length === 0 || !(await isUpstreamThere()))('on a machine with Node and nothing else', () => {
  const { path, dispose } = temporaryFolder()
  let registry: LocalRegistry
  beforeAll(async () => {
    registry = await startRegistry(join(path, 'registry'))
  })
  afterAll(async () => {
    await registry.stop()
    dispose()
  })

  describe.each(nodes.map((node, at) => ({ node, at })))('of $node', ({ node, at }) => {
    let machine: Machine
    let project: string
    const timed = async (what: string, command: readonly [string, ...string[]]): Promise<string> => {
      const started = performance.now()
      const { stdout, stderr } = await machine.run(project, command)
      process.stderr.write(`${node}: ${what} ${((performance.now() - started) / 1000).toFixed(1)} s\n`)
      return `${stdout}${stderr}`
    }
    const demo = (): Promise<string> =>
      timed('npx etsef demo', ['npx', 'etsef', 'demo', ...small.flatMap((each) => ['--set', each])])
    beforeAll(async () => {
      machine = await makeMachine(join(path, String(at)), registry.url, { node })
      project = machine.folder('project')
      await timed('npm install etsef', ['npm', 'install', 'etsef'])
    })

    test('it is that Node, and no install script ran', async () => {
      process.stderr.write(`${node}: ${(await machine.run(project, ['node', '--version'])).stdout}`)
      const { packages } = JSON.parse(read(project, 'node_modules/.package-lock.json')) as {
        packages: Record<string, { hasInstallScript?: boolean }>
      }
      expect(Object.keys(packages)).toContain('node_modules/@etsef/nn')
      expect(Object.entries(packages).filter(([, { hasInstallScript }]) => hasInstallScript)).toEqual([])
    })

    test('the demo runs to its table, on WASM', async () => {
      const told = await demo()
      expect(told).toMatch(/vote .*\d\.\d/)
      expect(told).toMatch(/engine wasm-/)
    })

    test('etsef engine install brings TensorFlow, and the demo runs on it', async () => {
      // The same project on a machine that has what this one has, too: pip and a compiler.
      machine = await makeMachine(join(path, `${String(at)}-equipped`), registry.url, {
        node,
        path: process.env['PATH'] ?? '',
      })
      // pip is set to an index, as npm is to a registry.
      const pip = join(homedir(), '.config/pip')
      if (existsSync(pip)) cpSync(pip, join(machine.home, '.config/pip'), { recursive: true })
      expect(await timed('npx etsef engine install', ['npx', 'etsef', 'engine', 'install'])).toMatch(/^tensorflow: /m)
      expect(existsSync(join(project, 'demo.yaml'))).toBe(true)
      const told = await demo()
      expect(told).toMatch(/vote .*\d\.\d/)
      expect(told).toMatch(/engine tensorflow-/)
    })
  })
})
