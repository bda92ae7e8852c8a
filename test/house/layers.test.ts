import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

const repository = join(import.meta.dirname, '../..')
const root = mkdtempSync(join(tmpdir(), 'etsef-layers-'))

/** An import that a rule must refuse: from a file, of what, by which rule. */
type Refused = readonly [from: string, specifier: string, rule: string]

const refused: readonly Refused[] = [
  ['runner/src/pipeline/a.ts', '../graph/target.js', 'runner-layers'],
  ['runner/src/graph/a.ts', '../plan/target.js', 'runner-layers'],
  ['runner/src/plan/a.ts', '../run/target.js', 'runner-layers'],
  ['runner/src/run/a.ts', '../cli/target.js', 'runner-layers'],
  ['runner/src/run/b.ts', '../sweep/target.js', 'runner-layers'],
  ['runner/src/sweep/a.ts', '../cli/target.js', 'runner-layers'],
  ['runner/src/registry/a.ts', '../plan/target.js', 'runner-layers'],
  ['runner/src/store/a.ts', '../plan/target.js', 'runner-layers'],
  ['runner/src/executor/a.ts', '../worker/target.js', 'runner-layers'],
  ['runner/src/worker/a.ts', '../run/target.js', 'runner-layers'],
  ['runner/src/cli/a.ts', '../worker/target.js', 'runner-layers'],
  ['runner/src/plan/b.ts', '../index.js', 'runner-layers'],
  ['runner/src/attic/a.ts', '../plan/target.js', 'runner-rooms'],
  ['nn/src/graph/a.ts', '../run/target.js', 'nn-layers'],
  ['nn/src/architectures/a.ts', '../training/target.js', 'nn-layers'],
  ['nn/src/weights/a.ts', '../engine/target.js', 'nn-layers'],
  ['nn/src/run/a.ts', '../training/target.js', 'nn-layers'],
  ['nn/src/images/a.ts', '../graph/target.js', 'nn-layers'],
  ['plugin-ensemble/src/numeric/a.ts', '../projections/target.js', 'plugin-ensemble-layers'],
  ['plugin-ensemble/src/classifiers/a.ts', '../combining/target.js', 'plugin-ensemble-layers'],
  ['plugin-ensemble/src/selectors/a.ts', '../projections/target.js', 'plugin-ensemble-layers'],
  ['plugin-ensemble/src/projections/a.ts', '../combining/target.js', 'plugin-ensemble-layers'],
  ['plugin-ensemble/src/combining/a.ts', '../tuning/target.js', 'plugin-ensemble-layers'],
  ['plugin-x/src/one/one.ts', '@etsef/nn', 'manifests-import-plugin-api-alone'],
  ['plugin-x/src/two/two.ts', './two-node.js', 'adapters-are-loaded-by-use'],
]

/** Of the manifest of plugin-y, through a file of its own: seen by what is loaded, not by what is named. */
const loaded = ['packages/nn/src/index.ts', 'packages/plugin-y/src/one/one-node.ts']

beforeAll(() => {
  for (const [from, specifier] of refused) {
    // Half of them as types, which count as much.
    write(
      from,
      from.length % 2 === 0 ? `import type { x } from '${specifier}'\nexport type X = typeof x\n` : use(specifier),
    )
    if (specifier.startsWith('.')) write(join(dirname(from), specifier.replace('.js', '.ts')), 'export const x = 1\n')
  }
  write('nn/package.json', '{ "name": "@etsef/nn", "type": "module", "exports": { ".": "./src/index.ts" } }')
  write('nn/src/index.ts', 'export const x = 1\n')
  write('plugin-x/src/one/one-node.ts', 'export const x = 1\n')
  write('plugin-x/src/plugin.ts', "export { X } from './one/one.js'\n")
  write('plugin-y/src/plugin.ts', "export { one } from './one/one.js'\n")
  write(
    'plugin-y/src/one/one.ts',
    "import { x } from './light.js'\nexport const one = () => [x, import('./late-node.js')]\n",
  )
  write(
    'plugin-y/src/one/light.ts',
    "import { x } from '@etsef/nn'\nimport { y } from './one-node.js'\nexport { x, y }\n",
  )
  write('plugin-y/src/one/one-node.ts', 'export const y = 1\n')
  write('plugin-y/src/one/late-node.ts', 'export const z = 1\n')
  mkdirSync(join(root, 'node_modules/@etsef'), { recursive: true })
  symlinkSync('../../packages/nn', join(root, 'node_modules/@etsef/nn'))
  writeFileSync(join(root, 'tsconfig.base.json'), readFileSync(join(repository, 'tsconfig.base.json')))
})

afterAll(() => {
  rmSync(root, { recursive: true, force: true })
})

test('each forbidden import is refused, and nothing else', () => {
  const found = violations('.dependency-cruiser.cjs').map(({ from, to, rule }) => `${from} → ${to}: ${rule.name}`)
  const expected = refused.map(([from, specifier, rule]) => {
    const to = specifier === '@etsef/nn' ? 'nn/src/index.ts' : join(dirname(from), specifier.replace('.js', '.ts'))
    return `packages/${from} → packages/${to}: ${rule}`
  })
  expect(found.sort()).toEqual(expected.sort())
})

test('what a manifest loads is followed through files of its own', () => {
  const found = violations('.dependency-cruiser.manifests.cjs')
  expect(
    found
      .filter(({ from }) => from === 'packages/plugin-y/src/plugin.ts')
      .map(({ to }) => to)
      .sort(),
  ).toEqual(loaded)
})

function use(specifier: string): string {
  return `import { x } from '${specifier}'\nexport const X = x\n`
}

function write(path: string, text: string): void {
  mkdirSync(join(root, 'packages', dirname(path)), { recursive: true })
  writeFileSync(join(root, 'packages', path), text)
}

interface Violation {
  readonly from: string
  readonly to: string
  readonly rule: { readonly name: string }
}

function violations(config: string): readonly Violation[] {
  const program = join(repository, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs')
  const words = [program, 'packages', '--config', join(repository, config), '--output-type', 'json']
  const { stdout, stderr } = spawnSync(process.execPath, words, { cwd: root, encoding: 'utf8' })
  if (stdout === '') throw new Error(stderr)
  const { summary } = JSON.parse(stdout) as { summary: { violations: readonly Violation[] } }
  return summary.violations
}
