import type { PixelImage } from '@etsef/plugin-api'
import { expect, test } from 'vitest'
import { createKeptPictures } from './kept-pictures.js'

const picture = (bytes: number): PixelImage => ({ dtype: 'uint8', shape: [1, bytes, 1], data: new Uint8Array(bytes) })

test('a picture is loaded once for each owner and name, and not kept beyond the limit', async () => {
  const kept = createKeptPictures(100)
  const [scans, masks] = [{}, {}]
  const loaded: string[] = []
  const get = (owner: object, name: string, bytes: number) =>
    kept.get(owner, name, () => {
      loaded.push(name)
      return Promise.resolve(picture(bytes))
    })
  const first = await get(scans, 'a', 60)
  expect(await get(scans, 'a', 60)).toBe(first)
  expect(await get(masks, 'a', 30)).not.toBe(first)
  await get(scans, 'b', 20)
  await get(scans, 'b', 20)
  expect(loaded).toEqual(['a', 'a', 'b', 'b'])
})

test('a picture that could not be loaded is asked for again', async () => {
  const kept = createKeptPictures()
  const owner = {}
  await expect(kept.get(owner, 'a', () => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
  expect((await kept.get(owner, 'a', () => Promise.resolve(picture(3)))).data.length).toBe(3)
})
