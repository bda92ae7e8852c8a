import { readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { etsef, read, root, temporaryFolder, type CommandResult } from '../support/etsef.js'
import { runProgram, type ProgramResult } from './program.js'

const { path, dispose } = temporaryFolder()
const dir = join(path, 'etsef-plugin-mine')
afterAll(dispose)

const node = (cwd: string, program: string, ...args: readonly string[]): Promise<ProgramResult> =>
  runProgram(process.execPath, [join(root, program), ...args], { cwd, mayFail: true })
const command = (...args: readonly string[]): Promise<CommandResult> => etsef(args, { cwd: dir })
const build = (): Promise<ProgramResult> => node(dir, 'node_modules/typescript/bin/tsc', '-p', dir)

beforeAll(async () => {
  await node(path, 'packages/create-etsef-plugin/bin/create-etsef-plugin.js', 'etsef-plugin-mine', '--kind', 'selector')
  symlinkSync(join(root, 'node_modules'), join(dir, 'node_modules'))
})

test('a further operation comes with mathematics, adapter, test, conformance, a line of the README and a pipeline; the package is ready', async () => {
  const { code, stdout } = await command('plugins', 'new-operation', 'right-answers', '--kind', 'report')
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: 'wrote src/right-answers, pipeline-right-answers.yaml; npm test checks it\n',
  })
  expect(read(dir, 'README.md')).toContain('- `mine/top-variance`: selector\n- `mine/right-answers`: report\n')
  expect(read(dir, 'pipeline-right-answers.yaml')).toContain('use: mine/right-answers')
  expect(await build()).toMatchObject({ code: 0 })
  const validated = await command('validate', 'pipeline-right-answers.yaml', '--plugin', '.')
  expect(validated.stdout).toMatch(/is valid/)
  const checked = await command('plugins', 'check')
  expect(checked.stdout).toMatch(
    /^etsef-plugin-mine@0\.1\.0: mine\/top-variance, mine\/right-answers; code [0-9a-f]{12}; ready to be published\n$/,
  )
  expect(checked.code).toBe(0)
  expect((await command('plugins', 'new-operation', 'right-answers', '--kind', 'report')).code).toBe(2)
  expect((await command('plugins', 'new-operation', 'sorted', '--kind', 'sorter')).stderr).toContain('no kind "sorter"')
})

test('what keeps a package from being published is told in one pass, a line each, with its place', async () => {
  const edit = (file: string, from: string, to: string): void => {
    const text = readFileSync(join(dir, file), 'utf8')
    expect(text).toContain(from)
    writeFileSync(join(dir, file), text.replace(from, to))
  }
  edit('package.json', '["etsef-plugin"]', '["features"]')
  edit('package.json', '"!**/*.test.*"', '"!dist/top-variance/largest.js"')
  edit('src/top-variance/top-variance-node.ts', 'featureNames }', 'featureNames, ids: [...batch.ids].reverse() }')
  await build()
  rmSync(join(dir, 'README.md'))
  const { code, stdout } = await command('plugins', 'check', '.')
  expect(code).toBe(2)
  const lines = stdout.trimEnd().split('\n')
  for (const line of lines)
    expect(line).toMatch(/^[\w./-]+:\d+:\d+ {2}(manifest|types|packed files|digest|conformance): ./)
  expect(stdout).toMatch(/^package\.json:\d+:3 {2}manifest: its keywords lack "etsef-plugin"/m)
  expect(stdout).toMatch(/^src\/top-variance\/top-variance-node\.ts:\d+:\d+ {2}types: TS1005: /m)
  expect(stdout).toMatch(/^package\.json:\d+:3 {2}packed files: dist\/conformance\.test\.js is a test$/m)
  expect(stdout).toMatch(/^package\.json:\d+:3 {2}packed files: it has no README$/m)
  expect(stdout).toMatch(
    /^dist\/top-variance\/top-variance-node\.js:\d+:\d+ {2}packed files: it imports dist\/top-variance\/largest\.js, which is not packed$/m,
  )
  // At the declaration of the operation.
  const declaration = read(dir, 'src/top-variance/top-variance.ts').split('\n')
  const line = declaration.findIndex((text) => text.includes("type: 'mine/top-variance'")) + 1
  expect(stdout).toContain(`\nsrc/top-variance/top-variance.ts:${String(line)}:3  conformance: `)
  expect(stdout).toMatch(/^src\/top-variance\/top-variance\.ts:\d+:\d+ {2}conformance: .*mine\/top-variance/m)
})
