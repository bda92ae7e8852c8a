import type { PixelImage } from '@etsef/plugin-api'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createPictureWriter, openDecodedPictures } from './decoded-pictures.js'

let store: string
beforeEach(() => {
  store = mkdtempSync(join(tmpdir(), 'etsef-pictures-'))
  for (const folder of ['tmp', 'pictures']) mkdirSync(join(store, folder))
})
afterEach(() => {
  rmSync(store, { recursive: true })
})

const row = (uri: string, sourceId = `digest of ${uri}`) => ({ port: 'images', uri, sourceId })
const picture = (side: number, first = 0): PixelImage => ({
  dtype: 'uint8',
  shape: [side, side, 3],
  data: Uint8Array.from({ length: side * side * 3 }, (_, at) => (at + first) % 256),
})
const depth: PixelImage = { dtype: 'float32', shape: [1, 2, 1], data: Float32Array.of(0.5, -2) }

function publish(key: string, megabytes = 1): void {
  const writer = createPictureWriter(store, megabytes)
  writer.keep(row('a.png'), picture(4))
  writer.keep(row('b.png'), depth)
  writer.publish(key)
}

test('gives every picture back, each in memory of its own, and nothing for another row', () => {
  publish('key')
  const pictures = openDecodedPictures(store, 'key')!
  const read = pictures.read(row('a.png'))!
  expect(read).toEqual(picture(4))
  expect(pictures.read(row('b.png'))).toEqual(depth)
  read.data.fill(7)
  expect(pictures.read(row('a.png'))).toEqual(picture(4))
  expect(pictures.read(row('a.png', 'other bytes'))).toBeUndefined()
  expect(pictures.read({ ...row('a.png'), port: 'masks' })).toBeUndefined()
  expect(pictures.read(row('c.png'))).toBeUndefined()
  expect(openDecodedPictures(store, 'another key')).toBeUndefined()
})

test('shows nothing before it is published, and leaves nothing of what is not', () => {
  const writer = createPictureWriter(store, 1)
  writer.keep(row('a.png'), picture(4))
  expect(readdirSync(join(store, 'pictures'))).toEqual([])
  writer.discard()
  expect(readdirSync(join(store, 'tmp'))).toEqual([])
  writer.publish('key')
  expect(readdirSync(join(store, 'pictures'))).toEqual([])
})

test('keeps what fits, and makes no file where nothing may be kept', () => {
  const writer = createPictureWriter(store, 1)
  writer.keep(row('large.png'), picture(700))
  writer.keep(row('small.png'), picture(4))
  writer.publish('key')
  const pictures = openDecodedPictures(store, 'key')!
  expect(pictures.read(row('large.png'))).toBeUndefined()
  expect(pictures.read(row('small.png'))).toEqual(picture(4))
  publish('none', 0)
  expect(readdirSync(join(store, 'pictures'))).toEqual(['key'])
  expect(readdirSync(join(store, 'tmp'))).toEqual([])
})

test('a picture whose bytes are not as they were written is not given', () => {
  publish('key')
  const file = join(store, 'pictures/key')
  const bytes = readFileSync(file)
  bytes[10]! ^= 1
  writeFileSync(file, bytes)
  const pictures = openDecodedPictures(store, 'key')!
  expect(pictures.read(row('a.png'))).toBeUndefined()
  expect(pictures.read(row('b.png'))).toEqual(depth)
})

test('a file that was cut short, or whose index is damaged, counts as none', () => {
  publish('key')
  const file = join(store, 'pictures/key')
  const whole = readFileSync(file)
  for (const length of [0, 5, 40, whole.length - 1]) {
    truncateSync(file, length)
    expect(openDecodedPictures(store, 'key'), `${length} bytes`).toBeUndefined()
    writeFileSync(file, whole)
  }
  // The shape in the index: its digits could be others without any number of bytes being wrong.
  const at = whole.indexOf('[4,4,3]')
  expect(at).toBeGreaterThan(0)
  writeFileSync(file, whole.toString('latin1').replace('[4,4,3]', '[2,8,3]'), 'latin1')
  expect(openDecodedPictures(store, 'key')).toBeUndefined()
  writeFileSync(file, whole)
  expect(openDecodedPictures(store, 'key')!.read(row('a.png'))).toEqual(picture(4))
})

test('a disk that takes nothing ends no stage, but what is no picture does', () => {
  rmSync(join(store, 'tmp'), { recursive: true })
  const writer = createPictureWriter(store, 1)
  writer.keep(row('a.png'), picture(4))
  writer.publish('key')
  expect(readdirSync(join(store, 'pictures'))).toEqual([])
  const short = { ...picture(4), data: new Uint8Array(5) }
  expect(() => {
    writer.keep(row('a.png'), short)
  }).toThrow(/as many numbers as another shape/)
})
