import { PipelineError } from '@etsef/plugin-api'
import { problem } from '../errors.js'
import type { SerialisedError } from './protocol.js'

/** Why an attempt failed: the operation, memory, time, a dead worker, or the machine. */
export type FailureClass = 'user' | 'oom' | 'timeout' | 'lost' | 'infra' | 'cancelled'

/** A failed attempt. */
export class AttemptFailed extends Error {
  readonly failure: FailureClass
  readonly error: PipelineError
  readonly corruptKey: string | undefined

  constructor(failure: FailureClass, error: PipelineError, corruptKey?: string) {
    super(error.message)
    this.failure = failure
    this.error = error
    this.corruptKey = corruptKey
  }
}

/** It took longer than it may. */
export function timedOut(timeoutMs: number): AttemptFailed {
  return new AttemptFailed(
    'timeout',
    problem('ERR_TIMEOUT', {
      message: `The stage did not finish within ${String(timeoutMs / 1000)} s`,
      hint: 'raise --timeout, or make the stage smaller',
    }),
  )
}

/** It took more memory than the run may. */
export function overBudget(limitMb: number, togetherMb: number, aloneMb: number): AttemptFailed {
  const show = (mb: number): string => `${String(Math.round(mb))} MB`
  const isAlone = aloneMb > limitMb
  return new AttemptFailed(
    'oom',
    problem('ERR_OUT_OF_MEMORY', {
      message: `The stage took ${show(aloneMb)} of memory${isAlone ? '' : `, ${show(togetherMb)} with those beside it`}, and was ended`,
      expected: `at most ${show(limitMb)}`,
      received: show(togetherMb),
      hint: `use a smaller batch or input size, ${isAlone ? '' : 'fewer --jobs, '}or give more with --memory`,
    }),
  )
}

/** Its worker ended, for what the exit tells. */
export function lost(code: number | null, signal: NodeJS.Signals | null, isOomKill: boolean): AttemptFailed {
  const how = isOomKill
    ? 'was ended by the system'
    : signal
      ? `was ended by ${signal}`
      : `ended with code ${String(code)}`
  // V8 aborts, and wasm runtimes exit, when memory runs out; the kernel's killer sends SIGKILL, which looks like any other.
  if (isOomKill || signal === 'SIGABRT' || code === 134) {
    return new AttemptFailed(
      'oom',
      problem('ERR_OUT_OF_MEMORY', {
        message: `The worker process ran out of memory (it ${how})`,
        hint: 'use a smaller batch or input size, or fewer --jobs',
      }),
    )
  }
  return new AttemptFailed(
    'lost',
    problem('ERR_LOST', {
      message: `The worker process ${how}`,
      hint: hintFor(signal),
    }),
  )
}

function hintFor(signal: NodeJS.Signals | null): string | undefined {
  if (signal === 'SIGKILL') return 'if the machine ran out of memory, use fewer --jobs'
  // Engines try oneDNN before they use it (docs/engines.md), but for where the user has switched it on.
  if (signal === 'SIGFPE')
    return 'where a machine does not tell the sizes of its caches, oneDNN within TensorFlow may divide by zero: run with TF_ENABLE_ONEDNN_OPTS=0'
  return undefined
}

/** The failure that a worker told. */
export function failureOf({ fields, stack, corruptKey }: SerialisedError): AttemptFailed {
  const { code, message, ...rest } = fields
  const cause = new Error(message)
  if (stack !== undefined) cause.stack = stack
  // The worker sends the fields of a PipelineError as it prints them.
  const error = new PipelineError(code as PipelineError['code'], { ...(rest as object), message, cause })
  const failure: FailureClass = code === 'ERR_CANCELLED' ? 'cancelled' : code === 'ERR_OUT_OF_MEMORY' ? 'oom' : 'user'
  return new AttemptFailed(failure, error, corruptKey)
}
