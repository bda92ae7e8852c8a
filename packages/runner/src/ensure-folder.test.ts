import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { ensureFolder } from './ensure-folder.js'

const dir = mkdtempSync(join(tmpdir(), 'etsef-ensure-folder-'))
afterAll(() => {
  rmSync(dir, { recursive: true, force: true })
})

test('makes a folder with those above it, and leaves one alone that is there', () => {
  ensureFolder(join(dir, 'a/b/c'))
  writeFileSync(join(dir, 'a/b/c/file'), '')
  ensureFolder(join(dir, 'a/b/c'))
  symlinkSync(join(dir, 'a'), join(dir, 'link'))
  ensureFolder(join(dir, 'link/b/d'))
  expect([existsSync(join(dir, 'a/b/c/file')), existsSync(join(dir, 'a/b/d'))]).toEqual([true, true])
})

test.each([
  ['a file', 'file', 'EEXIST'],
  ['a path below a file', 'file/a/b', 'ENOTDIR'],
  ['a link to nothing', 'nowhere', 'EEXIST'],
])('throws what the file system says of %s', (_, path, code) => {
  mkdirSync(dir, { recursive: true })
  writeFileSync(join(dir, 'file'), '')
  rmSync(join(dir, 'nowhere'), { force: true })
  symlinkSync(join(dir, 'none'), join(dir, 'nowhere'))
  expect(() => {
    ensureFolder(join(dir, path))
  }).toThrow(expect.objectContaining({ code }))
})

// In a process of its own: what never ends cannot be ended from inside.
test.skipIf(!existsSync('/proc/self/status'))('ends where the system makes no folders', () => {
  const module = new URL('../dist/ensure-folder.js', import.meta.url).href
  const code = `import { ensureFolder } from '${module}'; try { ensureFolder('/proc/etsef/reports') } catch ({ code }) { console.log(code) }`
  const { stdout, signal } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
    encoding: 'utf8',
    timeout: 30_000,
  })
  expect([stdout.trim(), signal]).toEqual(['ENOENT', null])
})
