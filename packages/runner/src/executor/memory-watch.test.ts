import { expect, test, vi } from 'vitest'
import { createMemoryWatch, runtimeMb } from './memory-watch.js'

test('names the stage that takes the most once stages take too much together, whatever their runtime takes', () => {
  vi.useFakeTimers()
  const taken = new Map([
    [1, runtimeMb + 200],
    [2, runtimeMb + 300],
    [3, 10],
  ])
  const watch = createMemoryWatch(500, (groups) => new Map(groups.map((group) => [group, taken.get(group)!])))
  const ended: (readonly number[])[] = []
  const stop = [1, 2, 3].map((group) => watch.watch(group, (together, alone) => ended.push([group, together, alone])))
  vi.advanceTimersByTime(500)
  expect(ended).toEqual([])
  taken.set(1, runtimeMb + 250)
  vi.advanceTimersByTime(500)
  // Once it is ended, the others are within the limit.
  expect(ended).toEqual([[2, 550, 300]])
  for (const end of stop) end()
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})
