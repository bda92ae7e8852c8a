import { createRng } from '@etsef/plugin-api'
import { describe, expect, test } from 'vitest'
import type { Stage } from '../plan/stages.js'
import { groupStages, type GroupOptions, type StageGroup } from './group-stages.js'

interface Shape {
  readonly after?: readonly string[]
  readonly seconds?: number
  readonly gpus?: number
  readonly memoryMb?: number
  readonly needsEngine?: boolean
}

/** Groups of a graph, by the ids of their stages. */
function grouped(shapes: Readonly<Record<string, Shape>>, more: Partial<GroupOptions> = {}): readonly StageGroup[] {
  const stages = Object.entries(shapes).map(([id, { gpus = 0, memoryMb = 64, needsEngine = false }]) => {
    const stage: Partial<Stage> = { id, node: id, key: id, resources: { cpus: 1, memoryMb, gpus }, needsEngine }
    // Grouping looks at nothing else.
    return stage as Stage
  })
  return groupStages(stages, {
    producersOf: ({ id }) => shapes[id]!.after ?? [],
    secondsOf: ({ id }) => shapes[id]!.seconds,
    wanted: new Set(Object.keys(shapes)),
    groupSeconds: 60,
    ...more,
  })
}

const idsOf = (groups: readonly StageGroup[]): string[] =>
  groups.map(({ stages }) => stages.map(({ id }) => id).join(' '))

describe('groupStages', () => {
  test('a few light stages for the same result are one task', () => {
    const shapes = { points: {}, split: { after: ['points'] }, fit: { after: ['split'] }, score: { after: ['fit'] } }
    expect(idsOf(grouped(shapes, { wanted: new Set(['score']) }))).toEqual(['points split fit score'])
  })

  test('what is heavy stands alone: recorded as long, on a GPU, or a network that was never run', () => {
    const shapes = {
      points: {},
      long: { after: ['points'], seconds: 40 },
      gpu: { after: ['points'], gpus: 1 },
      network: { after: ['points'], needsEngine: true },
      quick: { after: ['points'], needsEngine: true, seconds: 1 },
      vote: { after: ['long', 'gpu', 'network', 'quick'] },
    }
    const groups = grouped(shapes, { wanted: new Set(['vote']) })
    expect(idsOf(groups)).toEqual(['points quick', 'long', 'gpu', 'network', 'vote'])
    expect(groups.map(({ level }) => level)).toEqual([0, 1, 1, 1, 2])
    expect(groups.at(-1)?.after.map(({ stages }) => stages[0]!.id)).toEqual(['long', 'gpu', 'network', 'points'])
  })

  test('light stages of a trial stay together, and trials are joined until they are worth a task', () => {
    const trials = Object.fromEntries(
      Array.from({ length: 12 }, (_, index) => [
        [`fit${index}`, { after: ['split'], seconds: 10 }],
        [`score${index}`, { after: [`fit${index}`], seconds: 10 }],
      ]).flat() as [string, Shape][],
    )
    const scores = Object.keys(trials).filter((id) => id.startsWith('score'))
    const groups = grouped({ split: {}, ...trials }, { wanted: new Set(scores) })
    expect(idsOf(groups)).toEqual([
      'split',
      'fit0 score0 fit1 score1 fit2 score2',
      'fit3 score3 fit4 score4 fit5 score5',
      'fit6 score6 fit7 score7 fit8 score8',
      'fit9 score9 fit10 score10 fit11 score11',
    ])
  })

  test('stages that need much memory do not hold it for those that need little', () => {
    const groups = grouped({ a: { memoryMb: 500 }, b: { memoryMb: 40_000 }, c: { memoryMb: 600 } })
    expect(groups.find(({ stages }) => stages[0]!.id === 'b')?.stages).toHaveLength(1)
  })

  test('with 0 seconds every stage is a task', () => {
    expect(idsOf(grouped({ a: {}, b: { after: ['a'] }, c: { after: ['b'] } }, { groupSeconds: 0 }))).toEqual([
      'a',
      'b',
      'c',
    ])
  })

  test('of any graph every stage is in one group, after all that it needs', () => {
    const rng = createRng('graphs')
    for (let graph = 0; graph < 200; graph++) {
      const shapes: Record<string, Shape> = {}
      const count = 1 + rng.integer(40)
      for (let index = 0; index < count; index++) {
        const after = Object.keys(shapes).filter(() => rng.next() < 0.15)
        const seconds = rng.next() < 0.3 ? {} : { seconds: rng.next() * 50 }
        shapes[`s${index}`] = { after, ...seconds, gpus: rng.next() < 0.1 ? 1 : 0, needsEngine: rng.next() < 0.1 }
      }
      const wanted = new Set(Object.keys(shapes).filter(() => rng.next() < 0.3))
      const groups = grouped(shapes, { wanted, groupSeconds: 1 + rng.next() * 100 })
      const position = new Map(groups.flatMap(({ stages }, at) => stages.map(({ id }) => [id, at] as const)))
      expect([...position.keys()].sort()).toEqual(Object.keys(shapes).sort())
      expect(groups.flatMap(({ stages }) => stages)).toHaveLength(count)
      for (const [id, { after = [] }] of Object.entries(shapes))
        for (const producer of after) {
          const [own, above] = [groups[position.get(id)!]!, groups[position.get(producer)!]!]
          if (own === above)
            expect(own.stages.findIndex((each) => each.id === producer)).toBeLessThan(
              own.stages.findIndex((each) => each.id === id),
            )
          else {
            expect(own.after).toContain(above)
            expect(above.level).toBeLessThan(own.level)
          }
        }
    }
  })
})
