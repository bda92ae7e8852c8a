import { PipelineError, type ErrorCode, type ErrorDetails, type Place } from '@etsef/plugin-api'
import { nearestName } from '@etsef/plugin-api/semantics'

/** Several problems of one pipeline, found in one pass. */
export class InvalidPipeline extends AggregateError {
  readonly problems: readonly PipelineError[]

  constructor(problems: readonly PipelineError[]) {
    super(problems, `${String(problems.length)} problem${problems.length === 1 ? '' : 's'} in the pipeline`)
    this.name = 'InvalidPipeline'
    this.problems = problems
  }
}

/** Makes a PipelineError; short for `new`. */
export function problem(code: ErrorCode, details: ErrorDetails): PipelineError {
  return new PipelineError(code, details)
}

/** `did you mean "x"?`, or what exists when nothing is near. */
export function suggest(name: string, candidates: Iterable<string>, what: string): string {
  const all = [...candidates]
  const near = nearestName(name, all)
  if (near !== undefined) return `did you mean "${near}"?`
  if (all.length === 0) return `there are no ${what}`
  const shown = all.slice(0, 12)
  return `${what}: ${shown.join(', ')}${all.length > shown.length ? `, … (${String(all.length)})` : ''}`
}

/** The names of a cycle with arrows between; of a long one its beginning and end. */
export function showCycle(names: readonly string[]): string {
  const shown = names.length <= 12 ? names : [...names.slice(0, 6), '…', ...names.slice(-5)]
  return shown.join(' → ')
}

/** What synchronous work gives, its errors without a stack. A text may have a hundred thousand mistakes: where in our code each was noticed is of no use, and a stack costs a kilobyte. */
export function withoutStacks<T>(work: () => T): T {
  const before = Error.stackTraceLimit
  Error.stackTraceLimit = 0
  try {
    return work()
  } finally {
    Error.stackTraceLimit = before
  }
}

/** Problems in the order of the text, each once. */
export function sortProblems(problems: readonly PipelineError[]): PipelineError[] {
  const seen = new Set<string>()
  const unique = problems.filter((error) => {
    const identity = JSON.stringify(error)
    if (seen.has(identity)) return false
    seen.add(identity)
    return true
  })
  return unique.sort((a, b) => comparePlaces(a.place, b.place))
}

function comparePlaces(a: Place | undefined, b: Place | undefined): number {
  if (!a || !b) return a ? -1 : b ? 1 : 0
  if (a.file !== b.file) return a.file < b.file ? -1 : 1
  return a.line - b.line || a.column - b.column
}

/** A thrown value as an `Error`. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}

export { isPipelineError } from '@etsef/plugin-api'
