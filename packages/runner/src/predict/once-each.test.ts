import type { PixelImage } from '@etsef/plugin-api'
import { expect, test } from 'vitest'
import { onceEach } from './once-each.js'

const pictureOf = (value: number): PixelImage => ({
  dtype: 'uint8',
  shape: [2, 2, 1],
  data: new Uint8Array(4).fill(value),
})

async function decoded(mostBytes: number | undefined): Promise<number[]> {
  const asked: number[] = []
  const load = onceEach((index) => {
    asked.push(index)
    return Promise.resolve(pictureOf(index))
  }, mostBytes)
  for (let network = 0; network < 2; network++)
    for (const index of [0, 1, 2]) expect((await load(index)).data[0]).toBe(index)
  return asked
}

test('decodes a picture once for all who ask', async () => {
  expect(await decoded(undefined)).toEqual([0, 1, 2])
})

test('keeps no more bytes than it may', async () => {
  expect(await decoded(8)).toEqual([0, 1, 2, 2])
})

test('a picture that fails, fails for all who ask', async () => {
  const load = onceEach(() => Promise.reject(new Error('broken')))
  for (let network = 0; network < 2; network++) await expect(load(0)).rejects.toThrow('broken')
})
