import { expect, test } from 'vitest'
import { createMemo, noMemo } from './memo.js'

test('gives what the same ingredients gave before, and makes others', () => {
  const memo = createMemo()
  let numMade = 0
  const make = (): number => ++numMade
  const [a, b] = [{ x: 1 }, { x: 1 }]
  expect([memo.of(['w', a], make), memo.of(['w', a], make), memo.of(['w', b], make)]).toEqual([1, 1, 2])
  expect([memo.of(['w'], make), memo.of(['w', a, b], make), memo.of(['w', b, a], make)]).toEqual([3, 4, 5])
  expect(memo.of(['w', undefined], make)).toBe(memo.of(['w', undefined], make))
})

test('a result that is not to be kept is made again', () => {
  const memo = createMemo()
  let numMade = 0
  const ask = (isKept: boolean): number =>
    memo.of(
      ['w'],
      () => ++numMade,
      () => isKept,
    )
  expect([ask(false), ask(true), ask(true)]).toEqual([1, 2, 2])
  expect([noMemo.of(['w'], () => ++numMade), noMemo.of(['w'], () => ++numMade)]).toEqual([3, 4])
})
