import type { RunEvent, EventListener } from '../run/events.js'
import { formatSeconds, type Output } from './output.js'

const redrawMs = 200
/** Where lines stay, a long stage says now and then how far it is. */
const remindMs = 30_000

/** Shows a run to people: on a terminal one line that changes, elsewhere a line per stage, and one each half minute for what is running. */
export function progressPrinter(
  output: Output,
  write: (text: string) => void,
): { readonly listen: EventListener; close(): void } {
  const running = new Map<string, { readonly startedAt: number; done: number; total: number; unit: string }>()
  let counts = ''
  let width = 0
  const clear = (): void => {
    if (width > 0) write(`\r${' '.repeat(width)}\r`)
    width = 0
  }
  const state = (): string =>
    `${counts} ${[...running].map(([stage, state]) => stageText(stage, state)).join(' · ')}`.slice(0, 118)
  const draw = (): void => {
    clear()
    if (running.size === 0) return
    const text = state()
    write(text)
    width = text.length
  }
  const say = (text: string): void => {
    clear()
    output.note(text)
  }
  const remind = (): void => {
    if (running.size > 0) say(state())
  }
  const timer = output.isTerminal ? setInterval(draw, redrawMs) : setInterval(remind, remindMs)
  timer.unref()
  return {
    listen: (event: RunEvent) => {
      switch (event.type) {
        case 'run-started':
          counts = `[0/${String(event.numToRun)}]`
          say(
            `run ${event.run}: ${event.numToRun === 0 ? 'everything is cached' : `${String(event.numToRun)} of ${String(event.numStages)} stages to run`}`,
          )
          break
        case 'stage-started':
          running.set(event.stage, { startedAt: performance.now(), done: 0, total: 0, unit: '' })
          break
        case 'stage-progress':
          Object.assign(running.get(event.stage) ?? {}, {
            done: event.done,
            total: event.total,
            unit: event.unit ?? '',
          })
          break
        case 'stage-log':
          if (event.level === 'warn') say(`  warning  ${event.node}: ${event.message}`)
          break
        case 'stage-retried':
          say(`  again    ${event.stage}: ${event.message}`)
          break
        case 'artifact-damaged':
          say(`  damaged  ${event.message}`)
          break
        case 'notice':
          say(`  note     ${event.message}`)
          break
        case 'stage-finished':
          running.delete(event.stage)
          counts = `[${String(event.numDone)}/${String(event.numToRun)}]`
          if (event.outcome !== 'cached')
            say(`${counts} ${event.outcome.padEnd(7)} ${event.stage}  ${formatSeconds(event.seconds)}`)
          break
        default:
      }
    },
    close() {
      clearInterval(timer)
      clear()
    },
  }
}

function stageText(
  stage: string,
  state: { readonly startedAt: number; readonly done: number; readonly total: number; readonly unit: string },
): string {
  const seconds = (performance.now() - state.startedAt) / 1000
  if (state.total <= 0 || state.done <= 0) return `${stage} ${formatSeconds(seconds)}`
  const left = (seconds / state.done) * (state.total - state.done)
  const rate = state.done / seconds
  const unit = state.unit === '' ? '' : `, ${rate.toPrecision(2)} ${state.unit}/s`
  return `${stage} ${String(Math.floor((100 * state.done) / state.total))} % (${formatSeconds(left)} left${unit})`
}
