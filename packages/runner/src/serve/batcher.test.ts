import { describe, expect, test, vi } from 'vitest'
import type { Picture } from '../predict/picture-batch.js'
import type { PredictionRow } from '../predict/predicted-row.js'
import { createBatchTimes } from './batch-times.js'
import { createBatcher } from './batcher.js'
import { measurePending } from './measure-pending.js'
import { noisePicture } from './noise-picture.js'

const picture = (id: string): Picture => ({ id, bytes: new Uint8Array(), sha256: id })
const rowOf = ({ id }: Picture): PredictionRow => ({ id, error: { code: 'ERR_BAD_DATA', message: id } })

/** Computes when it is told to. */
function stepwise() {
  const batches: string[][] = []
  const goOn: (() => void)[] = []
  return {
    batches,
    next: () => goOn.shift()!(),
    predict: async (pictures: readonly Picture[]): Promise<readonly PredictionRow[]> => {
      batches.push(pictures.map(({ id }) => id))
      await new Promise<void>((done) => goOn.push(done))
      return pictures.map(rowOf)
    },
  }
}

describe('pictures of many senders', () => {
  test('that wait are answered as one batch, each with its own row', async () => {
    const { batches, next, predict } = stepwise()
    const batcher = createBatcher(predict, { gatherMs: 60_000 })
    const first = batcher.ask(picture('a'))
    await Promise.resolve()
    const others = ['b', 'c', 'd'].map((id) => batcher.ask(picture(id)))
    expect(batcher.numPending).toBe(4)
    next()
    expect((await first).id).toBe('a')
    // Four were in the house: a fourth is waited for.
    expect(batches).toEqual([['a']])
    const again = batcher.ask(picture('a2'))
    await new Promise(setImmediate)
    expect(batches).toEqual([['a'], ['b', 'c', 'd', 'a2']])
    next()
    expect((await Promise.all([...others, again])).map(({ id }) => id)).toEqual(['b', 'c', 'd', 'a2'])
    expect(batcher.numPending).toBe(0)
  })

  test('that do not come again are not waited for long', async () => {
    const batches: number[] = []
    const batcher = createBatcher(
      (pictures) => {
        batches.push(pictures.length)
        return Promise.resolve(pictures.map(rowOf))
      },
      { gatherMs: 1 },
    )
    await Promise.all(['a', 'b', 'c'].map((id) => batcher.ask(picture(id))))
    await batcher.ask(picture('d'))
    await batcher.ask(picture('e'))
    expect(batches.reduce((sum, size) => sum + size, 0)).toBe(5)
    expect(batches.at(-1)).toBe(1)
  })

  test('of which one breaks the batch are asked about alone', async () => {
    const batcher = createBatcher(
      (pictures) =>
        pictures.some(({ id }) => id === 'bad')
          ? Promise.reject(new Error('broken'))
          : Promise.resolve(pictures.map(rowOf)),
      { gatherMs: 1 },
    )
    const asked = await Promise.allSettled(['a', 'bad', 'b'].map((id) => batcher.ask(picture(id))))
    expect(asked.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  })
})

describe('work that may wait', () => {
  const settled = async (work: Promise<unknown>): Promise<boolean> => {
    let isSettled = false
    void work.then(() => (isSettled = true))
    await new Promise(setImmediate)
    return isSettled
  }

  test('goes on at once where nobody waits, and else when all are answered', async () => {
    const { next, predict } = stepwise()
    const batcher = createBatcher(predict, { gatherMs: 0 })
    expect(await settled(batcher.whenOthersAreServed())).toBe(true)
    const answer = batcher.ask(picture('a'))
    const turn = batcher.whenOthersAreServed()
    expect(await settled(turn)).toBe(false)
    next()
    await answer
    expect(await settled(turn)).toBe(true)
  })

  test('goes on after four batches where senders never stop', async () => {
    const { batches, next, predict } = stepwise()
    const batcher = createBatcher(predict, { gatherMs: 0 })
    let last = batcher.ask(picture('0'))
    const turn = batcher.whenOthersAreServed()
    for (const id of ['1', '2', '3', '4']) {
      expect([id, await settled(turn)]).toEqual([id, false])
      const following = batcher.ask(picture(id))
      next()
      await last
      last = following
      await vi.waitFor(() => {
        expect(batches.at(-1)).toEqual([id])
      })
    }
    expect(await settled(turn)).toBe(true)
    next()
    await last
  })
})

describe('a picture that comes while others are computed', () => {
  test('is in time where what is left of them and its own batch take less than two pictures alone', async () => {
    let clock = 0
    const { next, predict } = stepwise()
    const times = createBatchTimes([100, 120, 150])
    const batcher = createBatcher(predict, { gatherMs: 60_000, times, now: () => clock })
    expect(batcher.isInTime(0)).toBe(true)
    const first = batcher.ask(picture('a'))
    await new Promise(setImmediate)
    // 100 are left, and 100 of its own.
    expect(batcher.isInTime(0)).toBe(false)
    clock = 30
    expect(batcher.isInTime(0)).toBe(true)
    const second = batcher.ask(picture('b'))
    // Two in the next batch take 20 longer.
    expect(batcher.isInTime(0)).toBe(false)
    clock = 60
    expect(batcher.isInTime(0)).toBe(true)
    next()
    await first
    const third = batcher.ask(picture('c'))
    await new Promise(setImmediate)
    next()
    await Promise.all([second, third])
    expect([batcher.numPending, batcher.isInTime(0)]).toEqual([0, true])
  })

  test('is in time only where those that are to come before it are answered with it', () => {
    const { predict } = stepwise()
    const batcher = createBatcher(predict, { gatherMs: 1, times: createBatchTimes([100, 150, 250]), now: () => 0 })
    expect([0, 1, 2].map(batcher.isInTime)).toEqual([true, true, false])
  })

  test('is not in time in a batch larger than was measured', async () => {
    const { next, predict } = stepwise()
    const batcher = createBatcher(predict, { gatherMs: 1, times: createBatchTimes([100]), now: () => 0 })
    const first = batcher.ask(picture('a'))
    await new Promise(setImmediate)
    const second = batcher.ask(picture('b'))
    expect(batcher.isInTime(0)).toBe(false)
    next()
    await first
    await vi.waitUntil(() => batcher.numPending === 1)
    await new Promise((done) => setTimeout(done, 5))
    next()
    await second
  })

  test('is expected to take as long as batches have taken of late', () => {
    const { expected, observe } = createBatchTimes([100, 150])
    for (let at = 0; at < 50; at++) observe(2, 400)
    expect(expected(2)).toBeGreaterThan(390)
    expect(expected(1)).toBe(100)
    for (let at = 0; at < 600; at++) observe(1, 100)
    expect(expected(2)).toBeCloseTo(150, 0)
    expect(expected(3)).toBe(Infinity)
  })
})

describe('how many may wait', () => {
  /** Batches of n pictures take `fixed + n × each`. */
  const measured = async (fixed: number, each: number) => {
    let clock = 0
    const predict = (pictures: readonly Picture[]) => {
      clock += fixed + each * pictures.length
      const scores = { a: 1 }
      const answer = { className: 'a', scores, scoreKind: 'probability' as const }
      return Promise.resolve(
        pictures.map(({ id, sha256 }) => ({ id, sha256, ...answer, margin: 1, abstained: false, members: {} })),
      )
    }
    return (await measurePending({ predict }, undefined, () => clock)).maxPending
  }
  test.each([
    ['all, where a batch costs what one does', 100, 0, 8],
    ['some, where part of the cost is shared', 60, 20, 3],
    ['one, where nothing is shared', 0, 50, 1],
  ])('is %s', async (_, fixed, each, expected) => {
    expect(await measured(fixed, each)).toBe(expected)
  })
  test('is one, where noise gets no answer', async () => {
    const predict = (pictures: readonly Picture[]) => Promise.resolve(pictures.map(rowOf))
    expect(await measurePending({ predict }, undefined)).toEqual({ maxPending: 1, batchMs: [] })
  })
  test('is measured on pictures that differ', () => {
    const [a, b] = [noisePicture(16, false, 1), noisePicture(16, false, 2)]
    expect(a.sha256).not.toBe(b.sha256)
    expect(noisePicture(16, false, 1).sha256).toBe(a.sha256)
  })
})
