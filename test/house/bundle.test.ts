import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { read, root } from '../support/etsef.js'

interface Manifest {
  readonly name: string
  readonly version: string
  readonly license?: string
  readonly keywords?: readonly string[]
  readonly homepage?: string
  readonly bugs?: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly etsef?: { readonly plugin?: string; readonly engines?: string }
}

const manifests = readdirSync(join(root, 'packages')).map((name): [string, Manifest] => [
  name,
  JSON.parse(read(root, 'packages', name, 'package.json')) as Manifest,
])

test('the bundle lists every package that offers something', () => {
  const { dependencies = {} } = manifests.find(([name]) => name === 'etsef')![1]
  const offering = manifests.flatMap(([, { name, etsef }]) => (etsef?.plugin || etsef?.engines ? [name] : []))
  expect(Object.keys(dependencies)).toEqual(expect.arrayContaining(offering))
})

test('the bundle runs the same demo as this repository', () => {
  expect(read(root, 'packages/etsef/pipelines/demo.yaml')).toBe(read(root, 'pipelines/demo.yaml'))
})

test.for(manifests)('%s says what npm shows, and brings its licence', ([name, manifest]) => {
  expect(manifest.homepage).toContain(`/packages/${name}#readme`)
  expect(manifest.bugs).toMatch(/issues$/)
  expect(manifest.keywords).toContain(manifest.etsef?.plugin ? 'etsef-plugin' : 'etsef')
  expect(read(root, 'packages', name, 'LICENSE')).toBe(read(root, 'LICENSE'))
  expect(read(root, 'packages', name, 'README.md').length).toBeGreaterThan(200)
})

test.for(manifests)('%s takes any compatible release of its neighbours', ([, { dependencies, peerDependencies }]) => {
  const ranges = Object.entries({ ...dependencies, ...peerDependencies }).filter(([name]) => name.startsWith('@etsef/'))
  for (const [, range] of ranges) expect(range).toMatch(/^\^/)
})
