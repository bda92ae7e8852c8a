import type { RunEvent, EventListener, StageOutcome } from '../run/events.js'
import { curveLines } from './live-curves.js'
import { formatSeconds, type Output } from './output.js'
import { paintFor, type Paint } from './paint.js'

const redrawMs = 200
/** Lines below the first one: what has scrolled out of a terminal cannot be cleared. */
const mostBelow = 20
/** Where no line can be rewritten (no terminal), a running stage is named again after so long. */
const remindMs = 30_000

interface Running {
  readonly startedAt: number
  done: number
  total: number
  unit: string
  /** Figures that came with a step, by name. */
  readonly curves: Map<string, number[]>
}

/** How a terminal is written to. */
interface Screen {
  readonly columns: () => number
  readonly paint: Paint
  /** It understands no more than text and a return to the begin of the line. */
  readonly isDumb: boolean
}

/**
 * Shows a run to people: on a terminal a line that changes and, below it, a small chart of every network in training; elsewhere a line per stage,
 * and one each half minute for what is running.
 */
export function progressPrinter(
  output: Output,
  write: (text: string) => void,
  screen: Screen = {
    columns: () => process.stderr.columns,
    paint: paintFor(process.stderr),
    isDumb: process.env['TERM'] === 'dumb',
  },
): { readonly listen: EventListener; close(): void } {
  const running = new Map<string, Running>()
  const { paint } = screen
  let counts = ''
  let width = 0
  let numBelow = 0
  const clear = (): void => {
    // Up to the first line, then everything below it is erased.
    if (numBelow > 0) write(`\r\u001b[${String(numBelow)}A\u001b[J`)
    else if (width > 0) write(`\r${' '.repeat(width)}\r`)
    width = 0
    numBelow = 0
  }
  // A line that is wrapped would be cleared in part.
  const columns = (): number => Math.min(119, (screen.columns() || 80) - 1)
  const state = (): string =>
    `${counts} ${[...running].map(([stage, state]) => stageText(stage, state)).join(' · ')}`.slice(0, columns())
  const charts = (): readonly string[] =>
    screen.isDumb
      ? []
      : [...running].flatMap(([stage, { curves }]) => {
          const lines = curveLines(
            [...curves].map(([name, values]) => ({ name, values })),
            { columns: columns(), paint },
          )
          return lines.length === 0 ? [] : [` ${stage}`.slice(0, columns()), ...lines]
        })
  const draw = (): void => {
    clear()
    if (running.size === 0) return
    const text = state()
    const below = charts().slice(0, mostBelow)
    write([text, ...below].join('\n'))
    width = text.length
    numBelow = below.length
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
          running.set(event.stage, { startedAt: performance.now(), done: 0, total: 0, unit: '', curves: new Map() })
          break
        case 'stage-progress':
          Object.assign(running.get(event.stage) ?? {}, {
            done: event.done,
            total: event.total,
            unit: event.unit ?? '',
          })
          break
        case 'stage-metric': {
          const curves = running.get(event.stage)?.curves
          if (event.step === undefined || !curves) break
          const values = curves.get(event.name)
          if (values) values.push(event.value)
          else curves.set(event.name, [event.value])
          break
        }
        case 'stage-log':
          if (event.level === 'warn') say(`  ${paint('warning', 'warning')}  ${event.node}: ${event.message}`)
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
            say(`${counts} ${outcomeText(event.outcome, paint)} ${event.stage}  ${formatSeconds(event.seconds)}`)
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

function outcomeText(outcome: StageOutcome, paint: Paint): string {
  const text = outcome.padEnd(7)
  return outcome === 'failed' ? paint('error', text) : outcome === 'done' ? paint('good', text) : text
}

function stageText(stage: string, state: Running): string {
  const seconds = (performance.now() - state.startedAt) / 1000
  if (state.total <= 0 || state.done <= 0) return `${stage} ${formatSeconds(seconds)}`
  const left = (seconds / state.done) * (state.total - state.done)
  const rate = state.done / seconds
  const unit = state.unit === '' ? '' : `, ${rate.toPrecision(2)} ${state.unit}/s`
  return `${stage} ${String(Math.floor((100 * state.done) / state.total))} % (${formatSeconds(left)} left${unit})`
}
