import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { digestOf, refuseProblems, scanFiles } from './scan-files.js'

let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'etsef-scan-'))
  mkdirSync(join(root, 'a'))
})
afterEach(() => {
  rmSync(root, { recursive: true, force: true })
})

async function png(seed: number): Promise<Buffer> {
  const noise = Uint8Array.from({ length: 32 * 32 * 3 }, (_, i) => (i * 7919 + seed * 31) % 256)
  return sharp(noise, { raw: { width: 32, height: 32, channels: 3 } })
    .png()
    .toBuffer()
}

async function scan(files: Readonly<Record<string, Buffer>>): Promise<readonly (string | undefined)[]> {
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(root, 'a', name), bytes)
  const listed = Object.keys(files).map((name) => ({ path: `a/${name}`, label: 0, partition: 'none' as const }))
  const ctx = { signal: new AbortController().signal, progress: () => undefined, log: () => undefined }
  const { sha256, problems } = await scanFiles(listed, ctx, (path) => digestOf(root, path))
  refuseProblems(problems, listed.length, ctx.log)
  return sha256
}

test('gives the digests in order', async () => {
  const names = Array.from({ length: 9 }, (_, i) => `${String(i)}.png`)
  const pictures = await Promise.all(names.map((_, i) => png(i)))
  const digests = await scan(Object.fromEntries(names.map((name, i) => [name, pictures[i]!])))
  expect(digests).toEqual(
    names.map((name) =>
      createHash('sha256')
        .update(readFileSync(join(root, 'a', name)))
        .digest('hex'),
    ),
  )
})

test('names every file that cannot be used at once, in order', async () => {
  const whole = await png(1)
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')
  const files = {
    '1.png': whole,
    '2.png': whole.subarray(0, whole.length / 2),
    '3.png': svg,
    '4.png': Buffer.alloc(0),
    '5.png': whole,
  }
  await expect(scan(files)).rejects.toMatchObject({
    code: 'ERR_BAD_DATA',
    message: expect.stringMatching(
      /^3 problems with 5 images:\n.*"a\/2\.png".*\n.*"a\/3\.png".*SVG.*\n.*"a\/4\.png" is an empty file$/,
    ) as string,
  })
})

test('gives the error of the only one as it is', async () => {
  await expect(scan({ '1.png': await png(1), '2.png': Buffer.from('no picture at all') })).rejects.toMatchObject({
    message: 'Image "a/2.png" cannot be decoded: its content is of no format that is read',
  })
})

test('names twenty of many, and how many more', async () => {
  const names = Array.from({ length: 30 }, (_, i) => `${String(i + 10)}.png`)
  const thrown = scan(Object.fromEntries(names.map((name) => [name, Buffer.from('nothing')])))
  await expect(thrown).rejects.toThrow(/30 problems with 30 images(.*\n){21} {2}and 10 more/)
})
