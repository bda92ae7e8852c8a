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

const trained = { stage: 'tl:fit', node: 'tl' }

function aScreen(isDumb: boolean) {
  const written: string[] = []
  const output = { isTerminal: true, note: (text: string) => written.push(`${text}\n`) } as unknown as Output
  const printer = progressPrinter(output, (text) => written.push(text), {
    columns: () => 60,
    paint: (_, text) => text,
    isDumb,
  })
  printer.listen(events[0]!)
  printer.listen({ type: 'stage-started', ...trained, attempt: 1, logFile: 'x.log' })
  for (const [at, value] of [1, 0.5, 0].entries())
    printer.listen({ type: 'stage-metric', ...trained, name: 'body.loss', value, step: at + 1 })
  printer.listen({ type: 'stage-metric', ...trained, name: 'rows', value: 7 })
  vi.advanceTimersByTime(200)
  return { written, printer }
}

test('a terminal shows the course of a training below its line, and clears it before anything else is said', () => {
  const { written, printer } = aScreen(false)
  expect(written.at(-1)).toBe('[0/2] tl:fit 0.2 s\n tl:fit\n  body.loss         0  █▅▁')
  printer.listen({ type: 'notice', message: 'by the way' })
  expect(written.slice(-2)).toEqual(['\r\u001b[2A\u001b[J', '  note     by the way\n'])
  vi.advanceTimersByTime(200)
  printer.listen({ type: 'stage-finished', ...trained, outcome: 'done', seconds: 4, numDone: 1, numToRun: 2 })
  expect(written.slice(-2)).toEqual(['\r\u001b[2A\u001b[J', '[1/2] done    tl:fit  4.0 s\n'])
  printer.close()
})

test('a dumb terminal keeps to its one line', () => {
  const { written, printer } = aScreen(true)
  expect(written.at(-1)).toBe('[0/2] tl:fit 0.2 s')
  printer.close()
})
