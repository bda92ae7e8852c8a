import { test as property, fc } from '@fast-check/vitest'
import { expect, test } from 'vitest'
import { createLiveImages } from './live-images.js'

property.prop([fc.array(fc.boolean(), { maxLength: 60 }), fc.integer({ min: 1, max: 5 })])(
  'never more than the limit, everyone in turn, failures included',
  async (outcomes, limit) => {
    const live = createLiveImages(limit)
    const started: number[] = []
    let current = 0
    const asked = outcomes.map((fails, index) =>
      live.decode(async () => {
        started.push(index)
        expect(++current).toBeLessThanOrEqual(limit)
        await new Promise((resolve) => setImmediate(resolve))
        current--
        if (fails) throw new Error(String(index))
        return index
      }),
    )
    const settled = await Promise.allSettled(asked)
    expect(settled.map(({ status }) => status === 'rejected')).toEqual(outcomes)
    expect(started).toEqual(outcomes.map((_, index) => index))
    expect(live.peak).toBe(Math.min(limit, outcomes.length))
  },
)

test('a hundred thousand at once cost no more each than a few do', async () => {
  const live = createLiveImages()
  const many = Array.from({ length: 100_000 }, (_, index) => live.decode(() => Promise.resolve(index)))
  expect((await Promise.all(many)).at(-1)).toBe(99_999)
})
