import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { ImageRows, SeedlessContext, Static } from '@etsef/plugin-api'
import { lastValueFrom } from 'rxjs'
import sharp from 'sharp'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { run } from './folder-node.js'
import type { folderOptions } from './folder.js'
import { imageExtensions } from './list-folder.js'

let root = ''
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'etsef-folder-'))
  for (const [at, path] of ['a/1.png', 'a/2.png', 'a/3.png', 'b/4.png', 'b/5.png'].entries()) write(path, await png(at))
  // Equal bytes in two classes, and two files that are no pictures.
  const twin = await png(9)
  write('a/same.png', twin)
  write('b/same.png', twin)
  write('a/text.png', Buffer.from('no picture'))
  write('b/empty.png', Buffer.alloc(0))
})
afterEach(() => {
  rmSync(root, { recursive: true, force: true })
})

function write(path: string, bytes: Buffer | string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), bytes)
}

async function png(seed: number): Promise<Buffer> {
  const noise = Uint8Array.from({ length: 300 }, (_, i) => (i * 7919 + seed * 31) % 256)
  return sharp(noise, { raw: { width: 10, height: 10, channels: 3 } })
    .png()
    .toBuffer()
}

type Options = Static<typeof folderOptions>

async function rowsOf(
  given: Partial<Options>,
): Promise<{ rows: ImageRows; metrics: Record<string, number>; log: string[] }> {
  const options: Options = {
    path: root,
    groupPattern: null,
    nearDuplicates: 'separate',
    otherClasses: 'refuse',
    extensions: [...imageExtensions],
    exclude: [],
    onBroken: 'refuse',
    onDuplicate: 'refuse',
    splitFolders: 'ignore',
    perClass: null,
    significantBits: 16,
    permuteLabels: null,
    ...given,
  }
  const metrics: Record<string, number> = {}
  const log: string[] = []
  const ctx = {
    signal: new AbortController().signal,
    progress: () => undefined,
    metric: (name: string, figure: number) => void (metrics[name] = figure),
    log: (_: string, message: string) => void log.push(message),
  }
  const { images } = await run({
    options,
    inputs: {},
    ctx: ctx as unknown as SeedlessContext,
    keepPixels: () => undefined,
  })
  return { rows: await lastValueFrom(images), metrics, log }
}

test('refuses broken files and contradicting duplicates in one message that says how to leave them out', async () => {
  await expect(rowsOf({})).rejects.toMatchObject({
    message: expect.stringMatching(
      /^3 problems with 9 images:\n.*"a\/text\.png".*\n.*"b\/empty\.png".*\n.*"a\/same\.png" and "b\/same\.png" are the same image/,
    ) as string,
    hint: expect.stringContaining('onBroken: drop and onDuplicate: drop') as string,
  })
})

test('drops what it is told to, and says what', async () => {
  const { rows, metrics, log } = await rowsOf({ onBroken: 'drop', onDuplicate: 'drop' })
  expect(rows.ids).toEqual(['a/1.png', 'a/2.png', 'a/3.png', 'b/4.png', 'b/5.png'])
  expect(metrics).toMatchObject({ brokenDropped: 2, contradictingDropped: 2 })
  expect(log.filter((line) => line.startsWith('Dropped: '))).toHaveLength(3)
})

test('leaves out files and folders of a list, or of a file, though the groups file names them', async () => {
  const paths = ['a/text.png', './b/empty.png', 'b/same.png']
  const expected = ['a/1.png', 'a/2.png', 'a/3.png', 'a/same.png', 'b/4.png', 'b/5.png']
  expect((await rowsOf({ exclude: paths })).rows.ids).toEqual(expected)
  write('left-out.txt', `# unreadable\n${paths.join('\r\n')}\n`)
  write('groups.csv', `file,group\n${[...expected, 'a/text.png', 'b/same.png'].map((id) => `${id},p`).join('\n')}\n`)
  expect((await rowsOf({ exclude: 'left-out.txt', groups: 'groups.csv' })).rows.ids).toEqual(expected)
  write('c/x.txt', '')
  await expect(rowsOf({ exclude: paths })).rejects.toMatchObject({
    message: 'Class "c" holds no images',
    hint: expect.stringContaining('exclude: ["c"]') as string,
  })
  expect((await rowsOf({ exclude: [...paths, 'c/'] })).rows.classNames).toEqual(['a', 'b'])
})

test('finds patients in file names', async () => {
  const left = { onBroken: 'drop', onDuplicate: 'drop' } as const
  write('a/p7_left.png', await png(20))
  write('a/p7_right.png', await png(21))
  const { rows } = await rowsOf({ ...left, groupPattern: '^(.+)_(?:left|right)$' })
  expect(rows.groups.filter((group) => group === 'p7')).toHaveLength(2)
  expect(new Set(rows.groups).size).toBe(6)
  for (const groupPattern of ['no bracket', '(', '(?:a)'])
    await expect(rowsOf({ ...left, groupPattern })).rejects.toMatchObject({ option: 'groupPattern' })
})

test('refuses to leave out what is not there', async () => {
  await expect(rowsOf({ exclude: ['a/9.png'] })).rejects.toMatchObject({ code: 'ERR_MISSING_FILE', option: 'exclude' })
  await expect(rowsOf({ exclude: 'none.txt' })).rejects.toMatchObject({ code: 'ERR_MISSING_FILE', option: 'exclude' })
})
