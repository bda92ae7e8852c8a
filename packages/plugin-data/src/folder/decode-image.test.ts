import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { decodeImage } from './decode-image.js'

const png = (data: Uint8Array, width: number, height: number, channels: 1 | 2 | 3 | 4): Promise<Buffer> =>
  sharp(data, { raw: { width, height, channels } }).png().toBuffer()
const wide = (values: readonly number[], width: number, channels: 1 | 3): Promise<Buffer> =>
  sharp(Uint16Array.from(values), { raw: { width, height: values.length / width / channels, channels } })
    .toColourspace(channels === 1 ? 'grey16' : 'rgb16')
    .png()
    .toBuffer()
const pixels = async (file: Uint8Array, options = {}): Promise<number[]> => [
  ...(await decodeImage(file, 'x.png', options)).data,
]

/** A TIFF of one grey float32 pixel, written by hand (TIFF 6.0): header, eleven tags, value. */
function floatTiff(value: number): Buffer {
  const tags = [
    [256, 1],
    [257, 1],
    [258, 32],
    [259, 1],
    [262, 1],
    [273, 146],
    [277, 1],
    [278, 1],
    [279, 4],
    [284, 1],
    [339, 3],
  ] as const
  const file = Buffer.alloc(150)
  file.write('II*\0', 'latin1')
  file.writeUInt32LE(8, 4)
  file.writeUInt16LE(tags.length, 8)
  tags.forEach(([tag, content], i) => {
    file.writeUInt16LE(tag, 10 + i * 12)
    file.writeUInt16LE(4, 12 + i * 12)
    file.writeUInt32LE(1, 14 + i * 12)
    file.writeUInt32LE(content, 18 + i * 12)
  })
  file.writeFloatLE(value, 146)
  return file
}

describe('decodeImage', () => {
  test('reads RGB as it stands', async () => {
    const image = await decodeImage(await png(Uint8Array.of(255, 128, 0, 1, 2, 3), 2, 1, 3), 'x.png')
    expect(image).toMatchObject({ dtype: 'uint8', shape: [1, 2, 3] })
    expect([...image.data]).toEqual([255, 128, 0, 1, 2, 3])
  })
  test('gives bytes whose slices are copies', async () => {
    const { data } = await decodeImage(await png(Uint8Array.from([1, 2, 3]), 1, 1, 3), 'x.png')
    data.slice()[0] = 9
    expect(data[0]).toBe(1)
  })
  test('reads 8-bit grey as three equal channels', async () => {
    const grey = await sharp(Uint8Array.of(0, 76, 255), { raw: { width: 3, height: 1, channels: 1 } })
      .toColourspace('b-w')
      .png()
      .toBuffer()
    expect((await sharp(grey).metadata()).channels).toBe(1)
    expect(await pixels(grey)).toEqual([0, 0, 0, 76, 76, 76, 255, 255, 255])
  })
  test('scales 16-bit grey over the whole range, not by cutting bits', async () => {
    const file = await wide([0, 1000, 32768, 65535], 4, 1)
    expect((await sharp(file).metadata()).depth).toBe('ushort')
    // round(v · 255 / 65535) = round(v / 257)
    expect((await pixels(file)).filter((_, i) => i % 3 === 0)).toEqual([0, 4, 128, 255])
  })
  test('scales 12-bit values in 16 bits when told so', async () => {
    expect(
      (await pixels(await wide([0, 2048, 4095, 5000], 4, 1), { significantBits: 12 })).filter((_, i) => i % 3 === 0),
    ).toEqual([0, 128, 255, 255])
  })
  test('reads 16-bit RGB', async () => {
    expect(await pixels(await wide([65535, 257, 0], 1, 3))).toEqual([255, 1, 0])
  })
  test('blends alpha onto black, so hidden colour stays hidden', async () => {
    expect(
      await pixels(await png(Uint8Array.of(200, 100, 50, 0, 200, 100, 50, 128, 200, 100, 50, 255), 3, 1, 4)),
    ).toEqual([0, 0, 0, 100, 50, 25, 200, 100, 50])
    const grey = await sharp(Uint8Array.of(200, 0, 200, 255), { raw: { width: 2, height: 1, channels: 2 } })
      .toColourspace('b-w')
      .png()
      .toBuffer()
    expect(await pixels(grey)).toEqual([0, 0, 0, 200, 200, 200])
  })
  test('expands palettes', async () => {
    const palette = await sharp(Uint8Array.of(255, 0, 0, 0, 0, 255), { raw: { width: 2, height: 1, channels: 3 } })
      .png({ palette: true })
      .toBuffer()
    expect(await pixels(palette)).toEqual([255, 0, 0, 0, 0, 255])
  })
  test('turns the picture as EXIF says', async () => {
    const plain = sharp(new Uint8Array(4 * 2 * 3).fill(90), { raw: { width: 4, height: 2, channels: 3 } })
    const turned = await plain.jpeg().withExif({}).withMetadata({ orientation: 6 }).toBuffer()
    expect((await decodeImage(turned, 'x.jpg')).shape).toEqual([4, 2, 3])
  })
  test('converts CMYK to RGB', async () => {
    const cmyk = await sharp(new Uint8Array(3 * 64).fill(255), { raw: { width: 8, height: 8, channels: 3 } })
      .toColourspace('cmyk')
      .jpeg()
      .toBuffer()
    expect((await sharp(cmyk).metadata()).space).toBe('cmyk')
    const image = await decodeImage(cmyk, 'x.jpg')
    expect(image.shape).toEqual([8, 8, 3])
    expect(Math.min(...image.data)).toBeGreaterThan(245)
  })
  test('reads the same from a path as from bytes, JPEG or not', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'etsef-decode-'))
    const grey = await sharp(Uint8Array.of(9, 200, 30, 77), { raw: { width: 2, height: 2, channels: 1 } })
      .jpeg({ quality: 100 })
      .toBuffer()
    for (const [name, bytes] of Object.entries({ 'a.jpg': grey, 'b.png': await wide([0, 65535], 2, 1) })) {
      writeFileSync(join(dir, name), bytes)
      expect([...(await decodeImage(join(dir, name), name)).data]).toEqual(await pixels(bytes))
    }
    rmSync(dir, { recursive: true })
  })

  test('names a truncated, foreign or missing file', async () => {
    const noise = Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * 7919) % 256)
    const jpeg = await sharp(noise, { raw: { width: 64, height: 64, channels: 3 } })
      .jpeg()
      .toBuffer()
    await expect(decodeImage(jpeg.subarray(0, jpeg.length / 2), 'glioma/x.jpg')).rejects.toMatchObject({
      code: 'ERR_BAD_DATA',
      message: expect.stringContaining('glioma/x.jpg') as string,
    })
    await expect(decodeImage(Buffer.from('no image'), 'a.jpg')).rejects.toMatchObject({ code: 'ERR_BAD_DATA' })
    await expect(decodeImage('/nowhere/a.jpg', 'a.jpg')).rejects.toMatchObject({ code: 'ERR_MISSING_FILE' })
  })
  test('refuses a decompression bomb and floating point', async () => {
    await expect(
      decodeImage(await png(new Uint8Array(300), 10, 10, 3), 'a.png', { maxPixels: 99 }),
    ).rejects.toMatchObject({ code: 'ERR_TOO_LARGE' })
    await expect(decodeImage(floatTiff(0.5), 'a.tif')).rejects.toMatchObject({
      code: 'ERR_BAD_DATA',
      received: 'float samples',
    })
  })
})

test.each([
  ['SVG', '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><rect width="8" height="8"/></svg>', /SVG/],
  [
    'SVG after white space',
    '\n <?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>',
    /SVG/,
  ],
  ['text', 'not a picture, but long enough to be read', /text that begins with/],
  ['BMP', 'BM\x46\0\0\0\0\0\0\0\x36\0\0\0', /bytes 424d46/],
  ['nothing', '', /empty/],
])('refuses %s whatever the name says', async (_, content, received) => {
  const bytes = Buffer.from(content, 'latin1')
  await expect(decodeImage(bytes, 'scan.png')).rejects.toMatchObject({
    code: 'ERR_BAD_DATA',
    received: expect.stringMatching(received) as string,
  })
})

test('refuses a pipe, which would be waited for', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'etsef-decode-'))
  execFileSync('mkfifo', [join(dir, 'x.png')])
  await expect(decodeImage(join(dir, 'x.png'), 'x.png')).rejects.toMatchObject({ code: 'ERR_BAD_DATA' })
  rmSync(dir, { recursive: true })
})

test.each(['jpeg', 'png', 'webp', 'tiff', 'gif'] as const)('reads a %s by its content', async (format) => {
  const noise = Uint8Array.from({ length: 16 * 8 * 3 }, (_, i) => (i * 7919) % 256)
  const bytes = await sharp(noise, { raw: { width: 16, height: 8, channels: 3 } })
    [format]()
    .toBuffer()
  expect((await decodeImage(bytes, 'scan.jpg')).shape).toEqual([8, 16, 3])
})

const data = resolve(process.env['ETSEF_SHARED'] ?? join(import.meta.dirname, '../../../../../shared'), 'data')
test.skipIf(!existsSync(data))('reads grey and RGB files of real sets (needs ../shared/data)', async () => {
  for (const folder of ['brain-tumor-mri/notumor', 'alzheimer-mri/Mild_Demented', 'fundus-diseases/normal']) {
    for (const name of readdirSync(join(data, folder)).slice(0, 40)) {
      const { shape, data: values } = await decodeImage(join(data, folder, name), name)
      expect(shape[2]).toBe(3)
      expect(values.length).toBe(shape[0] * shape[1] * 3)
    }
  }
})
