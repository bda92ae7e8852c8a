import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { read, root, temporaryFolder } from '../support/etsef.js'
import { runProgram, type ProgramResult } from '../third-party/program.js'

test('version plans can be committed', () => {
  const ignored = (path: string): boolean => {
    try {
      execFileSync('git', ['check-ignore', '-q', path], { cwd: root })
      return true
    } catch {
      return false
    }
  }
  expect(ignored('.nx/version-plans/a-change.md')).toBe(false)
  expect(ignored('.nx/workspace-data/a-file')).toBe(true)
})

describe.skipIf(!existsSync(join(root, '.git')))('a release', () => {
  const { path: clone, dispose } = temporaryFolder()
  afterAll(dispose)

  const git = (...args: readonly string[]): string => {
    const author = ['-c', 'user.name=test', '-c', 'user.email=test@example.org']
    return execFileSync('git', [...author, ...args], { cwd: clone, encoding: 'utf8' })
  }
  const commit = (path: string, text: string): void => {
    mkdirSync(join(clone, path, '..'), { recursive: true })
    writeFileSync(join(clone, path), text)
    git('add', '-A')
    git('commit', '-qm', path)
  }
  const release = (...args: readonly string[]): Promise<ProgramResult> =>
    runProgram(process.execPath, [join(root, 'node_modules/nx/dist/bin/nx.js'), 'release', ...args], {
      cwd: clone,
      env: { ...process.env, NX_DAEMON: 'false', NX_WORKSPACE_ROOT_PATH: clone, NO_COLOR: '1' },
      mayFail: true,
    })

  beforeAll(() => {
    execFileSync('git', ['clone', '-q', '--shared', root, clone])
    for (const file of ['nx.json', '.gitignore', 'package.json']) cpSync(join(root, file), join(clone, file))
    symlinkSync(join(root, 'node_modules'), join(clone, 'node_modules'))
    git('checkout', '-qB', 'main')
    git('add', '-A')
    git('commit', '-q', '--allow-empty', '-m', 'as it is')
  })

  test('asks every change of a package for a plan, but for tests and READMEs, and follows the plan', async () => {
    const before = git('rev-parse', 'HEAD').trim()
    const check = (): Promise<ProgramResult> => release('plan:check', `--base=${before}`, '--head=HEAD')

    commit('packages/drawing/src/a.test.ts', '')
    commit('packages/drawing/README.md', '# @etsef/drawing\n')
    expect((await check()).code).toBe(0)

    commit('packages/drawing/src/a.ts', '')
    const { code, stdout, stderr } = await check()
    expect(code).not.toBe(0)
    expect(`${stdout}${stderr}`).toMatch(/missing version plans[^]*@etsef\/drawing/)

    commit('.nx/version-plans/a.md', "---\n'@etsef/drawing': minor\n---\n\nLines can be dashed.\n")
    expect((await check()).code).toBe(0)

    const { version } = JSON.parse(read(root, 'packages/drawing/package.json')) as { readonly version: string }
    const [major, minor] = version.split('.').map(Number)
    const next = `${String(major)}.${String(minor! + 1)}.0`
    const dryRun = await release('--dry-run')
    expect(dryRun.code).toBe(0)
    const told = `${dryRun.stdout}${dryRun.stderr}`
    expect(told).toContain(`@etsef/drawing ✍️  New version ${next} written`)
    expect(told).toContain('Previewing an entry in packages/drawing/CHANGELOG.md')
    expect(told).toMatch(/^\+ - Lines can be dashed\.$/m)
  })
})

test.for(readdirSync(join(root, 'packages')))(
  'entries of the changelog of %s stand on top, the newest first',
  (name) => {
    const { version } = JSON.parse(read(root, 'packages', name, 'package.json')) as { readonly version: string }
    expect(read(root, 'packages', name, 'CHANGELOG.md').split('\n')[0]).toMatch(new RegExp(`^## ${version}\\b`))
  },
)
