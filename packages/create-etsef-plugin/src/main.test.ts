import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { kinds, type Kind } from './kinds.js'
import { main } from './main.js'

let root: string
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'etsef-create-'))
})
afterAll(() => {
  rmSync(root, { recursive: true, force: true })
})

const typescript = createRequire(import.meta.url).resolve('typescript/bin/tsc')
const modules = dirname(dirname(dirname(typescript)))

function compile(dir: string): string {
  if (!existsSync(join(dir, 'node_modules'))) symlinkSync(modules, join(dir, 'node_modules'))
  return spawnSync(process.execPath, [typescript, '-p', dir], { encoding: 'utf8' }).stdout
}

test('a package with one operation of every kind compiles, and says nothing of the templates it comes from', () => {
  const dir = join(root, 'etsef-plugin-all')
  const all = Object.keys(kinds) as Kind[]
  expect(main(['etsef-plugin-all', '--kind', all[0]!, '--operation', 'own-name'], root)).toBe(0)
  for (const kind of all.slice(1)) expect(main(['--add', '--kind', kind, '--operation', `own-${kind}`], dir)).toBe(0)
  expect(compile(dir)).toBe('')
  const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const texts = files
    .filter(({ parentPath }) => !/node_modules|dist/.test(parentPath))
    .map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'utf8'))
  expect(texts.filter((text) => /etsef-plugin-example|example\/|NAMESPACE|OPERATION|top-variance/.test(text))).toEqual(
    [],
  )
  expect(readFileSync(join(dir, 'src/plugin.ts'), 'utf8')).toContain(
    '[ownName, ownClassifier, ownMap, ownAugmentation, ownReport]',
  )
})

test.for([
  [['mine'], 'Which kind'],
  [['mine', '--kind', 'sorter'], 'no kind "sorter"'],
  [['mine', '--kind', 'map', '--operation', 'MyMap'], 'kebab-case'],
  [['--kind', 'map'], 'Which folder'],
] as const)('refuses %s', ([args]) => {
  expect(main(args, root)).toBe(2)
  expect(existsSync(join(root, 'mine'))).toBe(false)
})

test('leaves a folder alone that holds something, and an operation that is there', () => {
  expect(main(['full', '--kind', 'map'], root)).toBe(0)
  expect(main(['full', '--kind', 'map'], root)).toBe(2)
  const before = readFileSync(join(root, 'full/src/plugin.ts'), 'utf8')
  expect(main(['--add', '--kind', 'map'], join(root, 'full'))).toBe(2)
  expect(readFileSync(join(root, 'full/src/plugin.ts'), 'utf8')).toBe(before)
})
