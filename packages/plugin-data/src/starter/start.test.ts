import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Starter, StarterRequest } from '@etsef/plugin-api'
import sharp from 'sharp'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { guessModality } from './guess-modality.js'
import { guessPatients } from './guess-patients.js'
import { start } from './start.js'

let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'etsef-start-'))
})
afterEach(() => {
  vi.unstubAllEnvs()
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

/** Pictures of two classes, in folders of the names. */
async function writeClasses(benign: string, malignant: string): Promise<void> {
  for (let i = 0; i < 12; i++) {
    write(`${benign}/${String(i)}.png`, await png(i))
    write(`${malignant}/${String(i)}.png`, await png(100 + i))
  }
}

function ask(changes: Partial<StarterRequest> = {}): Promise<Starter> {
  return start({
    path: join(root, 'set'),
    from: root,
    name: 'set',
    file: 'set.yaml',
    cpus: 2,
    engine: 'tensorflow',
    weights: [],
    signal: new AbortController().signal,
    onProgress: () => undefined,
    ...changes,
  })
}

test('says what is there, and that it starts from random weights where there are none', async () => {
  vi.stubEnv('ETSEF_SHARED', undefined)
  await writeClasses('set/benign', 'set/malignant')
  const { found, yaml } = await ask()
  expect(found[0]).toBe('24 images of 2 classes: benign 12, malignant 12')
  expect(found.join('\n')).toContain('RANDOM WEIGHTS')
  expect(yaml).toContain('path: "./set"')
  expect(yaml).toContain('nearDuplicates: group')
  expect(yaml).not.toMatch(/weights: "|exclude|onBroken|onDuplicate/)
})

test('writes exclusions for an empty class and broken files, and drops pictures of two classes', async () => {
  await writeClasses('set/benign', 'set/malignant')
  mkdirSync(join(root, 'set/none'))
  for (const name of ['x', 'y', 'z']) write(`set/benign/${name}.png`, 'no picture')
  write('set/malignant/twin.png', await png(1))
  const { found, yaml } = await ask()
  expect(found).toContain(
    'the same image in two classes, all left out: set/benign/1.png, set/malignant/twin.png'.replaceAll('set/', ''),
  )
  expect(found[0]).toBe('23 images of 2 classes: benign 11, malignant 12')
  expect(yaml).toContain('exclude: ["none","benign/x.png","benign/y.png","benign/z.png"]')
  expect(yaml).toContain('onDuplicate: drop')
})

test('finds classes one level down, and pictures one level too deep', async () => {
  await writeClasses('set/inner/benign', 'set/inner/malignant')
  expect((await ask()).yaml).toContain('path: "./set/inner"')
  rmSync(join(root, 'set'), { recursive: true })
  await writeClasses('set/benign/images', 'set/malignant/images')
  expect((await ask()).yaml).toContain('classes: ["benign","malignant"]')
})

test('refuses several data sets, one class and no class, each with a way on', async () => {
  await writeClasses('set/breast/benign', 'set/breast/malignant')
  await writeClasses('set/skin/mole', 'set/skin/melanoma')
  await expect(ask()).rejects.toMatchObject({
    code: 'ERR_CLASS_LIST',
    hint: expect.stringContaining(`etsef init ${join(root, 'set/breast')}`) as string,
  })
  await expect(ask({ path: join(root, 'set/breast/benign') })).rejects.toThrow(/holds no class folders/)
  rmSync(join(root, 'set/skin'), { recursive: true })
  rmSync(join(root, 'set/breast/malignant'), { recursive: true })
  await expect(ask()).rejects.toThrow(/Only one folder .* holds images: benign/)
})

test('starts from weights beside the pipeline, and names their licence', async () => {
  await writeClasses('set/benign', 'set/malignant')
  write('weights/a-mobilenet-v2-0.35-224/model.json', '{}')
  write('weights/a-mobilenet-v2-0.35-224/PROVENANCE.md', '- Licence: Apache-2.0\n')
  const { found, yaml } = await ask()
  expect(found.join('\n')).toContain('(licence: Apache-2.0)')
  expect(yaml).toContain('architecture: "mobilenetV2", width: 0.35, weights: "weights/a-mobilenet-v2-0.35-224"')
})

test('takes groups of a file, or guesses them from names', async () => {
  await writeClasses('set/benign', 'set/malignant')
  const names = ['benign', 'malignant'].flatMap((name) =>
    Array.from({ length: 12 }, (_, i) => `${name}/${String(i)}.png`),
  )
  write('set/groups.csv', `file,group\n${names.map((name, i) => `${name},p${String(i >> 1)}`).join('\n')}\n`)
  const { found, yaml } = await ask()
  expect(found).toContain('12 patients or other groups, by groups.csv')
  expect(yaml).toContain('groups: groups.csv')
  expect(guessPatients(['a/12_left.png', 'a/12_right.png', 'b/13_left.png'])?.count).toBe(2)
  expect(guessPatients(['a/sub-01_1.png', 'a/sub-01_2.png', 'b/sub-02_1.png'])?.count).toBe(2)
  expect(guessPatients(['a/1.png', 'a/2.png'])).toBeUndefined()
})

test('writes a pipeline for a table: columns by their names, attributes as subgroups, its partitions where it has all three', async () => {
  await writeClasses('set/pictures/benign', 'set/pictures/malignant')
  const rows = ['benign', 'malignant'].flatMap((name) =>
    Array.from(
      { length: 12 },
      (_, i) => `pictures/${name}/${String(i)}.png,${name},p${String(i >> 1)},${i % 2 ? 'f' : 'm'}`,
    ),
  )
  write('set/labels.csv', `Image_Path,diagnosis,Patient ID,sex\n${rows.join('\n')}\n`)
  const { found, yaml } = await ask({ path: join(root, 'set/labels.csv') })
  expect(found[0]).toBe('24 images of 2 classes: benign 12, malignant 12')
  expect(found).toContain('6 patients or other groups, by column Patient ID')
  expect(found).toContain('attributes for subgroups: sex')
  expect(yaml).toContain('use: data/table')
  expect(yaml).toContain('table: "./set/labels.csv"')
  expect(yaml).toContain('fileColumn: "Image_Path"')
  expect(yaml).toContain('groupColumn: "Patient ID"')
  expect(yaml).toContain('subgroups: ["sex"]')
  expect(yaml).toContain('use: data/split')
  const parts = rows.map((row, i) => `${row},${['train', 'val', 'test'][((i % 12) >> 1) % 3]!}`)
  write('set/parts.csv', `path,class,patient,sex,split\n${parts.join('\n')}\n`)
  const split = (await ask({ path: join(root, 'set/parts.csv') })).yaml
  expect(split).toContain('partitionColumn: "split"')
  expect(split).not.toContain('data/split')
  expect(split).toContain('in: { images: images, init: start }')
})

test('a table without a column of classes, or with wrong rows, is refused with what to do', async () => {
  await writeClasses('set/benign', 'set/malignant')
  write('set/labels.csv', 'file,outcome\nbenign/1.png,a\n')
  await expect(ask({ path: join(root, 'set/labels.csv') })).rejects.toMatchObject({
    code: 'ERR_BAD_DATA',
    received: 'file, outcome',
  })
  write('set/labels.csv', 'file,label\nbenign/1.png,a\nbenign/none.png,b\nmalignant/1.png,\n')
  await expect(ask({ path: join(root, 'set/labels.csv') })).rejects.toThrow(
    /labels\.csv:3: [\s\S]*labels\.csv:4: label is empty/,
  )
})

test('guesses the modality from names, and says so', () => {
  expect(guessModality(['brain-tumor-mri', 'glioma', 'no_tumor'])).toEqual({
    name: 'brain MRI',
    words: ['mri', 'brain', 'glioma'],
  })
  expect(guessModality(['dermamnist-28', 'mel', 'nv'])?.name).toBe('dermatoscopy')
  expect(guessModality(['set', 'a', 'b'])).toBeUndefined()
  expect(guessModality(['fundus', 'oct'])).toBeUndefined()
})
