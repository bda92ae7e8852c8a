import type { ImageBatch } from '@etsef/plugin-api'
import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { readParts } from './read-parts.js'

/** Pictures of one grey each, numbered by their position; `load` is seen and may fail. */
function batchOf(count: number, load: (index: number) => Promise<void>): ImageBatch {
  const ids = Array.from({ length: count }, (_, i) => `row ${i}`)
  return {
    ids,
    load: async (index: number) => {
      await load(index)
      return { dtype: 'uint8', shape: [1, 1, 3], data: new Uint8Array(3).fill(index) }
    },
  } as unknown as ImageBatch
}

const signal = new AbortController().signal

test.each([0, 1, 16, 17, 50])('%i pictures come once each, in order', async (count) => {
  const seen: number[] = []
  for await (const { start, pixels } of readParts(
    batchOf(count, () => Promise.resolve()),
    1,
    signal,
  )) {
    expect(start).toBe(seen.length)
    for (let i = 0; i < pixels.length; i += 3) seen.push(pixels[i]!)
  }
  expect(seen).toEqual(Array.from({ length: count }, (_, i) => i))
})

test.each([
  [1, 2, [1]],
  [5, 2, [3, 2]],
  [8, 3, [3, 3, 2]],
  [50, 2, [16, 16, 16, 2]],
])('%i pictures for %i networks come in parts of %o', async (count, numAtOnce, expected) => {
  const sizes: number[] = []
  const batch = batchOf(count, () => Promise.resolve())
  for await (const { pixels } of readParts(batch, 1, signal, numAtOnce)) sizes.push(pixels.length / 3)
  expect(sizes).toEqual(expected)
})

test.each([
  [96, 2, [9, 9]],
  [224, 2, [4, 4, 4, 4, 2]],
  [299, 2, [4, 4, 4, 4, 2]],
  [224, 1, [16, 2]],
])('18 pictures of %i px for %i networks come in parts of %o', async (side, numAtOnce, expected) => {
  const sizes: number[] = []
  const batch = batchOf(18, () => Promise.resolve())
  for await (const { pixels } of readParts(batch, side, signal, numAtOnce))
    sizes.push(pixels.length / (3 * side * side))
  expect(sizes).toEqual(expected)
})

test('the next part is asked for while the consumer works on the last one, and no more than that', async () => {
  let numAsked = 0
  const batch = batchOf(64, () => {
    numAsked++
    return setImmediate()
  })
  for await (const { start } of readParts(batch, 1, signal)) {
    for (let turn = 0; turn < 20; turn++) await setImmediate()
    expect(numAsked).toBe(Math.min(64, start + 32))
  }
})

test('a picture that fails while the consumer is busy fails the read, and is no unhandled rejection', async () => {
  const unhandled: unknown[] = []
  const listener = (reason: unknown): void => void unhandled.push(reason)
  process.on('unhandledRejection', listener)
  const batch = batchOf(40, (index) => (index === 20 ? Promise.reject(new Error('damaged')) : Promise.resolve()))
  const read = async (): Promise<void> => {
    for await (const part of readParts(batch, 1, signal)) {
      expect(part.start).toBe(0)
      for (let turn = 0; turn < 5; turn++) await setImmediate()
    }
  }
  await expect(read()).rejects.toThrow('damaged')
  process.off('unhandledRejection', listener)
  expect(unhandled).toEqual([])
})
