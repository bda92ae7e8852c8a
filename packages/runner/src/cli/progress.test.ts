import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { RunEvent } from '../run/events.js'
import type { Output } from './output.js'
import { progressPrinter } from './progress.js'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

const where = { stage: 'features', node: 'features' }
const events: readonly RunEvent[] = [
  { type: 'run-started', run: 'r1', numStages: 3, numToRun: 2 },
  { type: 'stage-started', ...where, attempt: 1, logFile: 'x.log' },
]

function aPrinter(isTerminal: boolean) {
  const lines: string[] = []
  let line = ''
  // What printing needs of an output.
  const output = { isTerminal, note: (text: string) => lines.push(text) } as unknown as Output
  const printer = progressPrinter(output, (text) => {
    line = text
  })
  for (const event of events) printer.listen(event)
  return { lines, line: () => line, printer }
}

test('a terminal shows share done, time left and throughput of what is running', () => {
  const { printer, line, lines } = aPrinter(true)
  vi.advanceTimersByTime(10_000)
  printer.listen({ type: 'stage-progress', ...where, done: 25, total: 100, unit: 'images' })
  vi.advanceTimersByTime(200)
  expect(line()).toBe('[0/2] features 25 % (31 s left, 2.5 images/s)')
  printer.listen({ type: 'stage-finished', ...where, outcome: 'done', seconds: 40, numDone: 1, numToRun: 2 })
  expect(lines.at(-1)).toBe('[1/2] done    features  40 s')
  printer.close()
})

test('elsewhere there is a line per stage, and one each half minute for a long one', () => {
  const { printer, lines } = aPrinter(false)
  expect(lines).toEqual(['run r1: 2 of 3 stages to run'])
  vi.advanceTimersByTime(15_000)
  printer.listen({ type: 'stage-progress', ...where, done: 10, total: 40, unit: 'images' })
  vi.advanceTimersByTime(15_000)
  expect(lines.slice(1)).toEqual(['[0/2] features 25 % (1 min 30 s left, 0.33 images/s)'])
  printer.listen({ type: 'stage-finished', ...where, outcome: 'done', seconds: 60, numDone: 1, numToRun: 2 })
  vi.advanceTimersByTime(60_000)
  expect(lines.slice(2)).toEqual(['[1/2] done    features  1 min 0 s'])
  printer.close()
})
