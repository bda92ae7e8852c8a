import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { createBudget } from './resource-budget.js'
import {
  createSchedule,
  type AttemptFailure,
  type Decision,
  type SchedulableStage,
  type Schedule,
  type ScheduleEvent,
  type ScheduleOptions,
} from './schedule.js'

/** Stages by name, each with the names of its producers; the last is wanted. */
function stagesOf(
  producers: Readonly<Record<string, readonly string[]>>,
  more: Readonly<Record<string, Partial<SchedulableStage>>> = {},
): ReadonlyMap<string, SchedulableStage> {
  return new Map(
    Object.entries(producers).map(([id, names]) => [
      id,
      {
        id,
        key: `key of ${id}`,
        fitStage: undefined,
        resources: { cpus: 1, memoryMb: 1 },
        inputs: names.map((stage) => ({ stage })),
        ...more[id],
      },
    ]),
  )
}

function aSchedule(
  stages: ReadonlyMap<string, SchedulableStage>,
  { cpus = 1, ...options }: Partial<ScheduleOptions<SchedulableStage>> & { readonly cpus?: number } = {},
): Schedule<SchedulableStage> {
  return createSchedule({
    stages,
    wanted: [[...stages.keys()].at(-1)!],
    forced: new Set(),
    budget: createBudget({ cpus, memoryMb: 1000, devices: [] }),
    retries: {},
    onError: 'stop',
    ...options,
  })
}

const show = (decision: Decision<SchedulableStage>): string =>
  decision.type === 'end'
    ? `end${[...decision.left].map(([id, outcome]) => ` ${id} ${outcome}`).join()}`
    : `${decision.type} ${decision.stage.id}${decision.type === 'settle' ? ` ${decision.outcome}` : ''}`

/** What is decided when these events come, and nothing else happens after each. */
function told(schedule: Schedule<SchedulableStage>, ...events: readonly ScheduleEvent[]): string[] {
  const decisions: Decision<SchedulableStage>[] = []
  for (const event of events) {
    decisions.push(...schedule.next(event))
    for (let begun = schedule.next(idle); begun.length > 0; begun = schedule.next(idle)) decisions.push(...begun)
  }
  return decisions.map(show)
}

const idle: ScheduleEvent = { type: 'idle' }
const started: ScheduleEvent = { type: 'started' }
const looked = (id: string, isThere = false): ScheduleEvent => ({ type: 'looked', id, isThere })
const begun = (id: string, state: 'free' | 'there' | 'taken' = 'free'): ScheduleEvent => ({ type: 'begun', id, state })
const done = (id: string): ScheduleEvent => ({ type: 'attempted', id })
const failed = (id: string, failure: AttemptFailure['failure'] = 'user', corruptKey?: string): ScheduleEvent => ({
  type: 'attempted',
  id,
  failed: { failure, corruptKey, message: '' },
})

describe('what is needed', () => {
  test('a wanted stage that is there ends the run, and nothing behind it is looked at', () => {
    const schedule = aSchedule(stagesOf({ a: [], b: ['a'] }))
    expect(told(schedule, started)).toEqual(['look b'])
    expect(told(schedule, looked('b', true))).toEqual(['end'])
  })

  test('nothing begins before every look is answered', () => {
    const schedule = aSchedule(stagesOf({ a: [], b: [], c: ['a', 'b'] }))
    expect(told(schedule, started, looked('c'))).toEqual(['look c', 'look a', 'look b'])
    expect(told(schedule, looked('a'))).toEqual([])
    expect(told(schedule, looked('b', true))).toEqual(['begin a'])
  })

  test('stages that can begin do so in the order given', () => {
    const schedule = aSchedule(stagesOf({ a: [], b: [], c: ['a', 'b'] }), { order: ['b', 'a', 'c'] })
    expect(told(schedule, started, looked('c'), looked('a'), looked('b')).at(-1)).toBe('begin b')
  })

  test('a forced stage is not looked for', () => {
    const schedule = aSchedule(stagesOf({ a: [], b: ['a'] }), { forced: new Set(['b']) })
    expect(told(schedule, started)).toEqual(['look a'])
    expect(told(schedule, looked('a', true))).toEqual(['begin b'])
  })

  test('an apply waits for its fit', () => {
    const schedule = aSchedule(stagesOf({ fit: [], apply: [] }, { apply: { fitStage: 'fit' } }))
    expect(told(schedule, started, looked('apply'), looked('fit'))).toEqual(['look apply', 'look fit', 'begin fit'])
  })
})

describe('what begins', () => {
  test('as many as the budget allows, in the order of the plan', () => {
    const schedule = aSchedule(stagesOf({ a: [], b: [], c: [], all: ['a', 'b', 'c'] }), { cpus: 2 })
    expect(told(schedule, started, looked('all'), looked('c'), looked('b'), looked('a')).slice(4)).toEqual([
      'begin a',
      'begin b',
    ])
    expect(told(schedule, begun('a'), begun('b'))).toEqual(['attempt a', 'attempt b'])
    expect(told(schedule, done('b'))).toEqual(['settle b done', 'release b', 'begin c'])
  })

  test('a small stage passes a large one that does not fit', () => {
    const stages = stagesOf(
      { a: [], large: [], b: [], all: ['a', 'large', 'b'] },
      { large: { resources: { cpus: 2, memoryMb: 1 } } },
    )
    const schedule = aSchedule(stages, { cpus: 2 })
    told(schedule, started, looked('all'), looked('b'), looked('large'))
    expect(told(schedule, looked('a'))).toEqual(['begin a', 'begin b'])
  })

  test('of two stages of one key the second takes what the first makes', () => {
    const schedule = aSchedule(stagesOf({ a: [], b: [], all: ['a', 'b'] }, { b: { key: 'key of a' } }), { cpus: 2 })
    told(schedule, started, looked('all'), looked('b'))
    expect(told(schedule, looked('a'))).toEqual(['begin a'])
    told(schedule, begun('a'))
    expect(told(schedule, done('a'))).toEqual(['settle a done', 'release a', 'begin b'])
    expect(told(schedule, begun('b', 'there'))).toEqual(['settle b cached', 'release b', 'begin all'])
  })

  test('a stage that all others wait for is granted the CPUs that are free', () => {
    const stages = stagesOf({ a: [], b: ['a'] }, { a: { resources: { cpus: 1, maxCpus: 4, memoryMb: 1 } } })
    const schedule = aSchedule(stages, { cpus: 8 })
    told(schedule, started, looked('b'), looked('a'))
    const [attempt] = schedule.next(begun('a'))
    expect(attempt).toMatchObject({ type: 'attempt', granted: { cpus: 4 }, attempt: 1 })
  })

  test('a running stage gains the CPUs that fall idle, once all that is left waits for it', () => {
    const stages = stagesOf(
      { short: [], next: ['short'], long: [], all: ['next', 'long'] },
      { long: { resources: { cpus: 1, maxCpus: 2, memoryMb: 1 } } },
    )
    const schedule = aSchedule(stages, { cpus: 2 })
    told(schedule, started, looked('all'), looked('next'), looked('long'), looked('short'))
    told(schedule, begun('short'), begun('long'))
    // `next` can begin beside it.
    expect(told(schedule, done('short'))).toEqual(['settle short done', 'release short', 'begin next'])
    expect(told(schedule, begun('next'))).toEqual(['attempt next'])
    expect(told(schedule, done('next'))).toEqual(['settle next done', 'release next', 'extend long'])
    expect(told(schedule, done('long'))).toEqual(['settle long done', 'release long', 'begin all'])
  })

  test('a stage that is alone gets no more than it can use, and no stage that is not needed is in its way', () => {
    const stages = stagesOf({ a: [], b: [] }, { b: { resources: { cpus: 1, maxCpus: 3, memoryMb: 1 } } })
    const schedule = aSchedule(stages, { cpus: 2, wanted: ['a', 'b'] })
    told(schedule, started, looked('a'), looked('b'))
    told(schedule, begun('a'), begun('b'))
    schedule.next(done('a'))
    expect(schedule.next(idle)).toMatchObject([{ type: 'extend', granted: { cpus: 2 } }])
    expect(schedule.next(idle)).toEqual([])
  })

  test('while another process has the lease, its share of the budget is free', () => {
    const schedule = aSchedule(stagesOf({ a: [], b: [], all: ['a', 'b'] }))
    told(schedule, started, looked('all'), looked('b'), looked('a'))
    expect(told(schedule, begun('a', 'taken'))).toEqual(['wait a', 'begin b'])
    told(schedule, begun('b'), done('b'))
    expect(told(schedule, { type: 'waited', id: 'a', isThere: false })).toEqual(['release a', 'begin a'])
    told(schedule, begun('a', 'taken'))
    expect(told(schedule, { type: 'waited', id: 'a', isThere: true })).toEqual([
      'settle a cached',
      'release a',
      'begin all',
    ])
  })
})

describe('what fails', () => {
  const twoWays = stagesOf({ bad: [], good: [], after: ['bad'], both: ['after', 'good'] })
  const begin = (onError: 'stop' | 'continue') => {
    const schedule = aSchedule(twoWays, { onError })
    told(schedule, started, looked('both'), looked('after'), looked('good'), looked('bad'), begun('bad'))
    return schedule
  }

  test('stops the run: what was not begun is skipped', () => {
    expect(told(begin('stop'), failed('bad'))).toEqual([
      'settle bad failed',
      'release bad',
      'end both skipped, after skipped, good skipped',
    ])
  })

  test('or skips only what needs it', () => {
    const schedule = begin('continue')
    expect(told(schedule, failed('bad'))).toEqual(['settle bad failed', 'release bad', 'begin good'])
    told(schedule, begun('good'))
    expect(told(schedule, done('good'))).toEqual([
      'settle good done',
      'release good',
      'end both skipped, after skipped',
    ])
  })

  test('is tried again as often as its class of failure says', () => {
    const schedule = aSchedule(stagesOf({ a: [] }), { retries: { lost: 2 } })
    told(schedule, started, looked('a'), begun('a'))
    expect(told(schedule, failed('a', 'lost'))).toEqual(['retry a', 'attempt a'])
    expect(told(schedule, failed('a', 'lost'))).toEqual(['retry a', 'attempt a'])
    const [settled] = schedule.next(failed('a', 'lost'))
    expect(settled).toMatchObject({ type: 'settle', outcome: 'failed', attempts: 3 })
  })

  test('a damaged input is set aside and made again, and then its reader runs', () => {
    const schedule = aSchedule(stagesOf({ a: [], b: ['a'] }))
    told(schedule, started, looked('b'), looked('a', true), begun('b'))
    expect(told(schedule, failed('b', 'user', 'key of a'))).toEqual(['set-aside a', 'release b', 'look a'])
    expect(told(schedule, looked('a'))).toEqual(['begin a'])
    told(schedule, begun('a'))
    expect(told(schedule, done('a'))).toEqual(['settle a done', 'release a', 'begin b'])
  })

  test('a damaged artifact that is no input of the stage is its failure', () => {
    const schedule = aSchedule(stagesOf({ a: [], b: ['a'] }))
    told(schedule, started, looked('b'), looked('a', true), begun('b'))
    expect(told(schedule, failed('b', 'user', 'another key'))[0]).toBe('settle b failed')
  })
})

describe('cancelling', () => {
  test('begins nothing more, and ends when what runs has ended', () => {
    const schedule = aSchedule(stagesOf({ a: [], b: [], all: ['a', 'b'] }))
    told(schedule, started, looked('all'), looked('b'), looked('a'), begun('a'))
    expect(told(schedule, { type: 'aborted' })).toEqual([])
    expect(told(schedule, failed('a', 'lost'))).toEqual([
      'settle a cancelled',
      'release a',
      'end all cancelled, b cancelled',
    ])
  })

  test('before anything was looked at leaves all cancelled', () => {
    const schedule = aSchedule(stagesOf({ a: [], b: ['a'] }))
    expect(told(schedule, started, { type: 'aborted' })).toEqual(['look b'])
    expect(told(schedule, looked('b'), looked('a'))).toEqual(['look a', 'end b cancelled, a cancelled'])
  })
})

/** Stages in which each may have any of those before it as producers, and one that needs all. */
const graphs = fc
  .array(fc.array(fc.nat(11), { maxLength: 3 }), { minLength: 1, maxLength: 12 })
  .map((rows): Readonly<Record<string, readonly string[]>> => {
    const producersOf = (row: readonly number[], index: number): readonly string[] =>
      index === 0 ? [] : [...new Set(row.map((each) => `s${String(each % index)}`))]
    return {
      ...Object.fromEntries(rows.map((row, index) => [`s${String(index)}`, producersOf(row, index)])),
      all: rows.map((_, index) => `s${String(index)}`),
    }
  })

const choices = fc.infiniteStream(fc.nat(1000))

property.prop([graphs, choices, fc.integer({ min: 1, max: 3 }), fc.constantFrom('stop' as const, 'continue' as const)])(
  'whatever the world answers: producers are done before their consumers begin, the budget holds, every stage has an end, and so has the run',
  (producers, choice, cpus, onError) => {
    const choose = (count: number): number => Number(choice.next().value) % count
    const schedule = aSchedule(stagesOf(producers), { cpus, onError, retries: { lost: 1 } })
    const isDone = new Set<string>()
    const settled = new Set<string>()
    const attempts = new Set<string>()
    const open: ScheduleEvent[] = [started]
    let left: ReadonlySet<string> | undefined
    const answer = (decision: Decision<SchedulableStage>): void => {
      if (decision.type === 'end') {
        left = new Set(decision.left.keys())
        return
      }
      const { id } = decision.stage
      if (decision.type === 'look') {
        const isThere = choose(4) === 0
        if (isThere) isDone.add(id)
        open.push(looked(id, isThere))
      } else if (decision.type === 'begin') {
        expect(producers[id]!.filter((producer) => !isDone.has(producer))).toEqual([])
        open.push(begun(id, (['free', 'free', 'there', 'taken'] as const)[choose(4)]))
      } else if (decision.type === 'wait') open.push({ type: 'waited', id, isThere: choose(2) === 0 })
      else if (decision.type === 'attempt') {
        attempts.add(id)
        expect(attempts.size).toBeLessThanOrEqual(cpus)
        open.push([done(id), done(id), failed(id, 'lost'), failed(id)][choose(4)]!)
      } else if (decision.type === 'settle') {
        settled.add(id)
        if (decision.outcome === 'done' || decision.outcome === 'cached') isDone.add(id)
      } else if (decision.type === 'release') attempts.delete(id)
    }
    for (let steps = 0; left === undefined; steps++) {
      expect(steps).toBeLessThan(10_000)
      const event = open.length === 0 ? undefined : open.splice(choose(open.length), 1)[0]
      const decisions = schedule.next(event ?? idle)
      if (event === undefined) expect(decisions).not.toEqual([])
      for (const decision of decisions) answer(decision)
      if (event) for (const decision of schedule.next(idle)) answer(decision)
    }
    expect(open).toEqual([])
    expect([...settled].filter((id) => left!.has(id))).toEqual([])
    if (onError === 'continue')
      for (const id of left) expect(producers[id]!.some((producer) => !isDone.has(producer))).toBe(true)
  },
)
