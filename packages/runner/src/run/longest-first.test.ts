import { expect, test } from 'vitest'
import { longestFirst } from './longest-first.js'
import type { SchedulableStage } from './schedule.js'

/** Stages by name, each with its producers; those named with a capital need an engine. */
function stagesOf(
  producers: Readonly<Record<string, readonly string[]>>,
  memoryMb: Readonly<Record<string, number>> = {},
) {
  return new Map(
    Object.entries(producers).map(([id, names]): [string, SchedulableStage & { readonly needsEngine: boolean }] => [
      id,
      {
        id,
        key: id,
        fitStage: undefined,
        resources: { cpus: 1, memoryMb: memoryMb[id] ?? 64 },
        inputs: names.map((stage) => ({ stage })),
        needsEngine: /^[A-Z]/.test(id),
      },
    ]),
  )
}

test('what most is left to do after comes first, one stage after another', () => {
  const stages = stagesOf({ aside: [], start: [], middle: ['start'], end: ['middle', 'aside'] })
  expect(longestFirst(stages)).toEqual(['start', 'aside', 'middle', 'end'])
})

test('a stage that needs an engine counts as ten', () => {
  const stages = stagesOf({ a: [], b: ['a'], c: ['b'], d: [], Train: ['d'], end: ['c', 'Train'] })
  expect(longestFirst(stages)).toEqual(['d', 'Train', 'a', 'b', 'c', 'end'])
})

test('of equal chains the larger comes first, then the order of the plan', () => {
  const stages = stagesOf({ first: [], large: [], last: [], end: ['first', 'large', 'last'] }, { large: 500 })
  expect(longestFirst(stages)).toEqual(['large', 'first', 'last', 'end'])
})

test('what a fitted stage is applied by waits for its fit', () => {
  const stages = stagesOf({ apply: [], other: [], fit: [] })
  stages.set('apply', { ...stages.get('apply')!, fitStage: 'fit' })
  const ordered = new Map([...stages].sort(([a], [b]) => Number(b === 'fit') - Number(a === 'fit')))
  expect(longestFirst(ordered)).toEqual(['fit', 'apply', 'other'])
})
