import { cpSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { badRows, badRowsPipeline, expectedOfRunner, toldByRunner } from '../bad-plugins/bad-rows.js'
import { read, root, temporaryFolder } from '../support/etsef.js'
import type { Problem, RunSummary } from '../support/leak-project.js'
import { makeMachine, type Machine } from './machine.js'
import { runProgram } from './program.js'
import { isUpstreamThere, startRegistry, type LocalRegistry } from './registry.js'
import { small } from './small-demo.js'

const badFolder = join(root, 'test/bad-plugins')
/** Folders with a plugin whose manifest does what a manifest must not. */
const badManifests = readdirSync(badFolder).filter((name) => existsSync(join(badFolder, name, 'manifest.js')))

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

  test('an author has a green operation after four commands and no edit', async () => {
    const authors = machine.folder('authors')
    await machine.run(authors, ['npm', 'create', 'etsef-plugin', 'etsef-plugin-mine', '--', '--kind', 'selector'])
    const own = join(authors, 'etsef-plugin-mine')
    await machine.run(own, ['npm', 'install'])
    expect((await machine.run(own, ['npm', 'test'])).stdout).toMatch(/Tests .*\d+ passed/)
    expect((await machine.run(own, ['npm', 'run', 'example'])).stdout).toMatch(/knn .*\d\.\d/)
    await registry.publish(own)
  })

  test('published, the selector is one line of YAML, and only what is downstream runs', async () => {
    await machine.run(project, ['npm', 'install', 'etsef-plugin-mine'])
    const yaml = read(project, 'demo.yaml')
    writeFileSync(
      join(project, 'demo.yaml'),
      yaml.replace(/^( {2}selected: +\{ use: )ensemble\/fast-ica/m, '$1mine/top-variance'),
    )
    expect(read(project, 'demo.yaml')).not.toBe(yaml)
    const command = ['npx', 'etsef', 'demo', '--json', ...small.flatMap((each) => ['--set', each])] as const
    const { nodes } = JSON.parse((await machine.run(project, command)).stdout) as {
      nodes: Record<string, { state: string }>
    }
    const done = Object.entries(nodes).flatMap(([name, { state }]) => (state === 'done' ? [name] : []))
    expect(done.sort()).toEqual(
      [
        ...['selected', 'svm', 'xgb', 'rf', 'nb', 'knn', 'vote', 'soft', 'best'],
        ...['scores', 'figures', 'overlay.overlay', 'page'],
      ].sort(),
    )
  })

  test('plugins that are wrong are refused from their tarballs as they are from their folders', async () => {
    const bad = machine.folder('bad')
    const tarballs = machine.folder('bad-tarballs')
    const folders = [...badRows, ...badManifests, 'sound']
    const sources = folders.map((folder) => join(badFolder, folder))
    await runProgram('npm', ['pack', ...sources, '--ignore-scripts', '--pack-destination', tarballs], { cwd: path })
    writeFileSync(join(bad, 'package.json'), JSON.stringify({ name: 'bad', private: true }))
    const files = folders.map((folder) => join(tarballs, `etsef-plugin-${folder}-1.0.0.tgz`))
    await machine.run(bad, ['npm', 'install', 'etsef', ...files])
    writeFileSync(join(bad, 'pipeline.yaml'), badRowsPipeline())
    const run = await machine.run(bad, ['npx', 'etsef', 'run', 'pipeline.yaml', '--json', '--on-error', 'continue'], {
      mayFail: true,
    })
    // What `run --json` prints.
    const { nodes } = JSON.parse(run.stdout) as RunSummary
    const found = Object.fromEntries(badRows.map((folder) => [folder, toldByRunner(folder, nodes)]))
    expect(found).toEqual(Object.fromEntries(badRows.map((folder) => [folder, expectedOfRunner(folder)])))
    // What is said of manifests while another pipeline is validated, but for the place in package.json, which npm wrote.
    writeFileSync(join(bad, 'sound.yaml'), 'nodes:\n  points: { use: sound/points }\n')
    const { stderr } = await machine.run(bad, ['npx', 'etsef', 'validate', 'sound.yaml'])
    const withoutPlace = (text: string): string => text.replaceAll(/package\.json:\d+:\d+/g, 'package.json')
    expect(withoutPlace(stderr)).toBe(withoutPlace(read(badFolder, 'manifests.txt')))
  })

  test('takes a patch and a minor release of the contract; a further copy of it and another version are named and placed', async () => {
    const packages = machine.folder('packages')
    const write = async (name: string, namespace: string, fields: object, api = 1): Promise<void> => {
      const dir = join(packages, name)
      mkdirSync(dir)
      const manifest = { name, version: '1.0.0', type: 'module', etsef: { api, plugin: './plugin.js' }, ...fields }
      writeFileSync(join(dir, 'package.json'), JSON.stringify(manifest))
      writeFileSync(
        join(dir, 'plugin.js'),
        `export default { name: '${namespace}', apiVersion: ${String(api)}, operations: [] }\n`,
      )
      await registry.publish(dir)
    }
    // A patch, a minor and a major release of the contract.
    for (const version of ['1.0.1', '1.1.0', '2.0.0']) {
      const dir = join(packages, `plugin-api-${version}`)
      cpSync(join(project, 'node_modules/@etsef/plugin-api'), dir, { recursive: true })
      const manifest = JSON.parse(read(dir, 'package.json')) as object
      writeFileSync(join(dir, 'package.json'), JSON.stringify({ ...manifest, version }))
      await registry.publish(dir)
      await machine.run(project, ['npm', 'update', '@etsef/plugin-api'])
      expect(JSON.parse(read(project, 'node_modules/@etsef/plugin-api/package.json'))).toMatchObject({
        version: version === '2.0.0' ? '1.1.0' : version,
      })
      expect((await machine.run(project, ['npx', 'etsef', 'validate', 'demo.yaml'])).stdout).toMatch(/is valid/)
    }
    await write('etsef-plugin-copy', 'copy', { dependencies: { '@etsef/plugin-api': '1.0.0' } })
    await write('etsef-plugin-later', 'later', { dependencies: { '@etsef/plugin-api': '^2.0.0' } }, 2)
    await machine.run(project, ['npm', 'install', 'etsef-plugin-copy', 'etsef-plugin-later'])
    const { code, stdout } = await machine.run(project, ['npx', 'etsef', 'plugins'], { mayFail: true })
    expect(code).toBe(2)
    expect(stdout).toMatch(/ERR_PLUGIN +node_modules\/etsef-plugin-copy\/package\.json:1:1/)
    expect(stdout).toMatch(/"etsef-plugin-copy" stands on another copy of @etsef\/plugin-api/)
    expect(stdout).toContain('received  1.0.0 at node_modules/etsef-plugin-copy/node_modules/@etsef/plugin-api')
    expect(stdout).toMatch(/ERR_PLUGIN +node_modules\/etsef-plugin-later\/package\.json:1:1/)
    expect(stdout).toMatch(/"etsef-plugin-later" is written against version 2/)
  })

  test('operations of one name, in two packages and in one, are refused with their place', async () => {
    const twins = machine.folder('twins')
    const plugin = (name: string, namespace: string, types: readonly string[]): void => {
      mkdirSync(join(twins, name))
      const fields = { name, version: '1.0.0', type: 'module', etsef: { api: 1, plugin: './plugin.js' } }
      writeFileSync(join(twins, name, 'package.json'), JSON.stringify(fields))
      const operations = types.map((type) => `{ ...shared, type: '${type}' }`)
      writeFileSync(
        join(twins, name, 'plugin.js'),
        `import { definePlugin } from '@etsef/plugin-api'
const shared = { kind: 'source', summary: 'rows', cacheVersion: 1, options: {}, inputs: {}, outputs: {}, load: async () => ({}) }
export default definePlugin({ name: '${namespace}', operations: [${operations.join(', ')}] })
`,
      )
    }
    plugin('etsef-plugin-first', 'twin', ['twin/rows'])
    plugin('etsef-plugin-second', 'twin', ['twin/rows'])
    plugin('etsef-plugin-single', 'single', ['single/rows', 'single/rows'])
    const names = ['etsef-plugin-first', 'etsef-plugin-second', 'etsef-plugin-single']
    await runProgram('npm', ['pack', ...names.map((name) => `./${name}`), '--pack-destination', twins], { cwd: twins })
    writeFileSync(join(twins, 'package.json'), JSON.stringify({ name: 'twins', private: true }, undefined, 2))
    await machine.run(twins, ['npm', 'install', 'etsef', ...names.map((name) => `./${name}-1.0.0.tgz`)])
    writeFileSync(join(twins, 'twins.yaml'), 'nodes:\n  a: { use: twin/rows }\n  b: { use: single/rows }\n')
    const { code, stdout } = await machine.run(twins, ['npx', 'etsef', 'validate', 'twins.yaml', '--json'], {
      mayFail: true,
    })
    expect(code).toBe(2)
    const { problems } = JSON.parse(stdout) as { problems: readonly Problem[] }
    const line = read(twins, 'package.json').split('\n').findIndex((text) => text.includes('"etsef-plugin-second"')) // prettier-ignore
    expect(problems.map(({ message, place }) => [message, place])).toEqual(
      expect.arrayContaining([
        [
          'Operations "twin/…" come from 2 packages: etsef-plugin-first, etsef-plugin-second',
          { file: 'package.json', line: line + 1, column: 5 },
        ],
        [
          'Plugin package "etsef-plugin-single" cannot be used: plugin "single": operation "single/rows" is declared twice',
          { file: 'node_modules/etsef-plugin-single/plugin.js', line: 3, column: expect.any(Number) as number },
        ],
      ]),
    )
  })

  test('a linked package whose code changed without a version runs again, and the plan says which file it was', async () => {
    // Beside plugins that are wrong.
    const lab = join(path, 'twins')
    const linked = join(lab, 'plugins/sound')
    cpSync(join(badFolder, 'sound'), linked, { recursive: true })
    await machine.run(lab, ['npm', 'install', './plugins/sound'])
    expect(lstatSync(join(lab, 'node_modules/etsef-plugin-sound')).isSymbolicLink()).toBe(true)
    writeFileSync(
      join(lab, 'pipeline.yaml'),
      `nodes:
  points: { use: sound/points }
  centred: { use: ensemble/standardize, in: { features: points } }
  count: { use: sound/count-features, in: { features: centred } }
`,
    )
    const plan = async (): Promise<string> => (await machine.run(lab, ['npx', 'etsef', 'plan', 'pipeline.yaml'])).stdout
    await machine.run(lab, ['npx', 'etsef', 'run', 'pipeline.yaml'])
    expect(await plan()).toMatch(/^0 will run/m)
    const code = join(linked, 'operations.js')
    writeFileSync(
      code,
      readFileSync(code, 'utf8').replace('rng.normal(), rng.normal()', 'rng.normal(), 2 * rng.normal()'),
    )
    const told = await plan()
    expect(told).toMatch(/points .*the code of the plugin of "points" changed: file operations.js/)
    const run = await machine.run(lab, ['npx', 'etsef', 'run', 'pipeline.yaml', '--json'])
    const { nodes } = JSON.parse(run.stdout) as RunSummary
    expect(Object.entries(nodes).map(([name, { state }]) => [name, state])).toEqual([
      ['points', 'done'],
      ['centred', 'done'],
      ['count', 'done'],
    ])
  })
})
