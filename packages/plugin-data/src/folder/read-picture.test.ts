import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { loadPixels } from './folder-node.js'
import { readPicture } from './read-picture.js'

const dir = mkdtempSync(join(tmpdir(), 'etsef-picture-'))
afterAll(() => {
  rmSync(dir, { recursive: true })
})
const root = join(dir, 'data')
const write = (path: string, bytes: string): string => {
  mkdirSync(join(root, path, '..'), { recursive: true })
  writeFileSync(join(root, path), bytes)
  return createHash('sha256').update(bytes).digest('hex')
}

test('gives the bytes that the digest is of', async () => {
  const sha256 = write('a/x.png', 'bytes')
  expect((await readPicture({ root, path: 'a/x.png', sha256 })).toString()).toBe('bytes')
})

test('refuses other bytes by name, and does so when pixels are loaded', async () => {
  const sourceId = write('a/y.png', 'bytes')
  write('a/y.png', 'other')
  const refusal = { code: 'ERR_CHANGED_FILE', message: 'Image "a/y.png" was changed while it was in use' }
  await expect(readPicture({ root, path: 'a/y.png', sha256: sourceId })).rejects.toMatchObject(refusal)
  const options = { path: root, significantBits: 16 } as unknown as Parameters<typeof loadPixels>[0]['options']
  await expect(loadPixels({ row: { uri: 'a/y.png', sourceId }, options })).rejects.toMatchObject(refusal)
})

test('refuses a link that was swapped in and leaves the folder, of the file or on the way to it', async () => {
  const sha256 = write('b/x.png', 'bytes')
  mkdirSync(join(dir, 'outside'))
  renameSync(join(root, 'b/x.png'), join(dir, 'outside/x.png'))
  symlinkSync(join(dir, 'outside/x.png'), join(root, 'b/x.png'))
  symlinkSync(join(dir, 'outside'), join(root, 'c'))
  for (const path of ['b/x.png', 'c/x.png'])
    await expect(readPicture({ root, path, sha256 })).rejects.toMatchObject({ code: 'ERR_OUTSIDE_ROOT' })
  symlinkSync(join(root, 'a/x.png'), join(root, 'b/inside.png'))
  expect((await readPicture({ root, path: 'b/inside.png' })).toString()).toBe('bytes')
})

test('does not wait for a pipe', async () => {
  execFileSync('mkfifo', [join(root, 'pipe.png')])
  await expect(readPicture({ root, path: 'pipe.png' })).rejects.toMatchObject({ code: 'ERR_BAD_DATA' })
  await expect(readPicture({ root, path: 'gone.png' })).rejects.toMatchObject({ code: 'ERR_MISSING_FILE' })
})

test.skipIf(process.getuid?.() === 0)('says when a picture may not be read', async () => {
  write('secret.png', 'bytes')
  execFileSync('chmod', ['000', join(root, 'secret.png')])
  await expect(readPicture({ root, path: 'secret.png' })).rejects.toMatchObject({
    code: 'ERR_BAD_DATA',
    message: expect.stringMatching(/"secret.png" cannot be read: this user may not/) as unknown,
  })
})
