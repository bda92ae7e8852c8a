import type { ImageBatch } from '@etsef/plugin-api'
import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { embedImages } from './embed-images.js'
import type { Embedder } from './open-embedder.js'

/** Pictures of one pixel, numbered by their position. */
function batchOf(count: number): ImageBatch {
  const ids = Array.from({ length: count }, (_, i) => `row ${i}`)
  return {
    ids,
    load: (index: number) => Promise.resolve({ dtype: 'uint8', shape: [1, 1, 3], data: new Uint8Array(3).fill(index) }),
  } as unknown as ImageBatch
}

/** Gives the number of each picture and twice that; parts end in the reverse of their order where several run. */
function embedderOf(numAtOnce: number, seen: { most: number }, failing = -1): Embedder {
  let numRunning = 0
  return {
    side: 1,
    numAtOnce,
    run: async (pixels) => {
      seen.most = Math.max(seen.most, ++numRunning)
      for (let turn = 0; turn < 10 * (numAtOnce - numRunning + 1); turn++) await setImmediate()
      numRunning--
      const numbers = Float32Array.from(pixels.filter((_, i) => i % 3 === 0))
      if (numbers.includes(failing)) throw new Error('out of memory')
      return [numbers, numbers.map((value) => 2 * value)]
    },
    close: () => Promise.resolve(),
  }
}

const { signal } = new AbortController()

test.each([
  [0, 2],
  [1, 1],
  [40, 1],
  [100, 2],
  [100, 3],
])('%i pictures come in order with %i parts at once', async (count, numAtOnce) => {
  const seen = { most: 0 }
  const numbers = Float32Array.from({ length: count }, (_, i) => i)
  expect(await embedImages(embedderOf(numAtOnce, seen), batchOf(count), signal)).toEqual([
    numbers,
    numbers.map((value) => 2 * value),
  ])
  expect(seen.most).toBe(Math.min(numAtOnce, Math.max(1, Math.ceil(count / 16))))
})

test.each([0, 20, 99])(
  'a part that fails, with picture %i, fails the whole and is no unhandled rejection',
  async (bad) => {
    const unhandled: unknown[] = []
    const listener = (reason: unknown): void => void unhandled.push(reason)
    process.on('unhandledRejection', listener)
    await expect(embedImages(embedderOf(2, { most: 0 }, bad), batchOf(100), signal)).rejects.toThrow('out of memory')
    for (let turn = 0; turn < 50; turn++) await setImmediate()
    process.off('unhandledRejection', listener)
    expect(unhandled).toEqual([])
  },
)

test('stops when it is told to', async () => {
  const controller = new AbortController()
  controller.abort(new Error('cancelled'))
  await expect(embedImages(embedderOf(2, { most: 0 }), batchOf(40), controller.signal)).rejects.toThrow('cancelled')
})
