import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createHash } from 'node:crypto'
import { afterAll, expect, test } from 'vitest'
import { contentDigest } from './content-digest.js'
import { hashFile } from './stat-cache.js'

const dir = mkdtempSync(join(tmpdir(), 'etsef-content-'))
afterAll(() => {
  rmSync(dir, { recursive: true })
})
const storeDir = join(dir, 'store')
const digest = (path: string, isParanoid = false) => contentDigest(join(dir, path), { storeDir, isParanoid })

test.each([0, 1, (1 << 18) - 1, 1 << 18, (1 << 18) + 1, 3 << 18])('hashes a file of %i bytes', (size) => {
  const bytes = Buffer.alloc(size, 7)
  writeFileSync(join(dir, 'file'), bytes)
  expect(hashFile(join(dir, 'file'))).toBe(createHash('sha256').update(bytes).digest('hex'))
})

test('names and bytes make the identity; place and times do not', async () => {
  for (const root of ['one', 'two']) {
    mkdirSync(join(dir, root, 'sub'), { recursive: true })
    writeFileSync(join(dir, root, 'sub/a'), 'x')
    writeFileSync(join(dir, root, 'b'), 'y')
  }
  const first = digest('one')
  expect(digest('two').digest).toBe(first.digest)
  await sleep(80)
  digest('one')
  expect(digest('one')).toMatchObject({ digest: first.digest, numFiles: 2, numRead: 0 })
  writeFileSync(join(dir, 'two/sub/c'), '')
  expect(digest('two').digest).not.toBe(first.digest)
})

test('a change behind unchanged size and time is seen', async () => {
  mkdirSync(join(dir, 'sly'))
  const file = join(dir, 'sly/a')
  writeFileSync(file, 'before')
  await sleep(80)
  const before = digest('sly').digest
  const { atime, mtime } = statSync(file)
  writeFileSync(file, 'behind')
  utimesSync(file, atime, mtime)
  expect(digest('sly', true).digest).not.toBe(before)
})

test('links may lead to files inside, nowhere else', () => {
  mkdirSync(join(dir, 'links'))
  writeFileSync(join(dir, 'links/a'), 'x')
  symlinkSync(join(dir, 'links/a'), join(dir, 'links/b'))
  expect(digest('links').numFiles).toBe(2)
  symlinkSync(join(dir, 'file'), join(dir, 'links/out'))
  expect(() => digest('links')).toThrow(/leads out of the declared folder/)
  expect(() => digest('missing')).toThrow(expect.objectContaining({ code: 'ERR_MISSING_FILE' }))
})

test('names count from their first letter', () => {
  const named = (name: string) => {
    const folder = join(dir, `folder-of-${name}`)
    mkdirSync(folder)
    writeFileSync(join(folder, name), 'same')
    return contentDigest(folder, { storeDir }).digest
  }
  expect(named('apple')).not.toBe(named('bpple'))
})

test('files that a file names belong to its identity, there or not, and lie in its folder', () => {
  const folder = join(dir, 'manifest')
  mkdirSync(folder)
  for (const name of ['model.json', 'shard1', 'other']) writeFileSync(join(folder, name), name)
  const named = (...names: string[]) => contentDigest(join(folder, 'model.json'), { storeDir, named: names }).digest
  const before = named('shard1', 'shard2')
  expect(named('shard2', 'shard1')).toBe(before)
  expect(named()).not.toBe(before)
  writeFileSync(join(folder, 'other'), 'changed')
  expect(named('shard1', 'shard2')).toBe(before)
  writeFileSync(join(folder, 'shard1'), 'longer than before')
  const changed = named('shard1', 'shard2')
  expect(changed).not.toBe(before)
  writeFileSync(join(folder, 'shard2'), 'new')
  expect(named('shard1', 'shard2')).not.toBe(changed)
  symlinkSync(join(dir, 'file'), join(folder, 'link'))
  for (const name of ['link', '../file', '..']) {
    expect(() => named(name)).toThrow(expect.objectContaining({ code: 'ERR_OUTSIDE_ROOT' }))
  }
  expect(() => named('.')).toThrow(/no regular file/)
})
