import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { ImageBatch } from '@etsef/plugin-api'
import { runOperation } from '@etsef/plugin-api/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import plugin from '../plugin.js'

const operation = plugin.operations.find(({ type }) => type === 'data/dicom')!
const { cases } = JSON.parse(readFileSync(new URL('../testing/peers/pictures.json', import.meta.url), 'utf8')) as {
  cases: { name: string; file: string; pixels?: string }[]
}
const made = (name: string) => cases.find((each) => each.name === name)!
const bytesOf = (name: string) => Buffer.from(made(name).file, 'base64')

let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'etsef-dicom-'))
  write('a/1.dcm', bytesOf('DICOM, 8 bits'))
  write('a/2.dcm', bytesOf('DICOM, the third of four frames'))
  write('b/3.dcm', bytesOf('DICOM, MONOCHROME1'))
  write('b/4.nii.gz', bytesOf('NIfTI, gzip'))
})
afterEach(() => {
  rmSync(root, { recursive: true, force: true })
})

function write(path: string, bytes: Buffer | string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), bytes)
}

async function rowsOf(options: Record<string, unknown> = {}) {
  const result = await runOperation(operation, { options: { path: root, ...options }, inputs: {} })
  const images = result.outputs['images'] as ImageBatch
  const pixels = new Map<string, string>()
  for (const [row, id] of images.ids.entries())
    pixels.set(id, Buffer.from((await images.load(row)).data).toString('base64'))
  return { images, pixels, logs: result.logs }
}

test('groups files by patient without saying who that is, and gives the pixels of the frame', async () => {
  const { images, pixels, logs } = await rowsOf()
  const groupOf = (id: string) => images.groups[images.ids.indexOf(id)]
  expect([...images.ids].sort()).toEqual(['a/1.dcm', 'a/2.dcm#frame=2', 'b/3.dcm', 'b/4.nii.gz#frame=2'])
  expect(groupOf('a/1.dcm')).toBe('patient-1')
  expect(groupOf('b/3.dcm')).toBe('patient-1')
  expect(groupOf('b/4.nii.gz#frame=2')).toBe('b/4.nii.gz#frame=2')
  expect(pixels.get('a/2.dcm#frame=2')).toBe(made('DICOM, the third of four frames').pixels)
  expect(pixels.get('b/4.nii.gz#frame=2')).toBe(made('NIfTI, gzip').pixels)
  expect(JSON.stringify([images, logs])).not.toMatch(/Doe|Jane|00417/)
})

test('gives every frame a row of its own when asked, in one group', async () => {
  const { images } = await rowsOf({ frames: 'all' })
  const frames = images.ids.filter((id) => id.startsWith('a/2.dcm'))
  expect(frames.sort()).toEqual([0, 1, 2, 3].map((frame) => `a/2.dcm#frame=${String(frame)}`))
  expect(images.ids).toHaveLength(4 + 5 + 2)
  const slices = images.groups.filter((_, row) => images.ids[row]!.startsWith('b/4'))
  expect(new Set(slices).size).toBe(1)
})

test('refuses paths that name the patient, without naming them itself', async () => {
  write('b/doe_jane.dcm', bytesOf('DICOM, signed, steep slope'))
  const error: unknown = await rowsOf().catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 'ERR_BAD_DATA', option: 'namedPaths' })
  expect(`${(error as Error).message} ${JSON.stringify(error)}`).not.toMatch(/doe|jane/i)
  expect((await rowsOf({ namedPaths: 'keep' })).images.ids).toContain('b/doe_jane.dcm')
})

test('names all files that cannot be read at once, or drops them', async () => {
  write('a/cut.dcm', bytesOf('DICOM, cut off'))
  write('b/picture.dcm', bytesOf('RGB PNG'))
  await expect(rowsOf()).rejects.toThrow(
    /2 problems with 6 images:[\s\S]*a\/cut\.dcm[\s\S]*b\/picture\.dcm" is neither/,
  )
  expect((await rowsOf({ onBroken: 'drop' })).images.ids).toHaveLength(4)
})
