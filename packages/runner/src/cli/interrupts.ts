import { PipelineError } from '@etsef/plugin-api'
import { exitCodes } from './exit-codes.js'

/**
 * Takes over Ctrl-C and SIGTERM: the first one aborts the signal, so that what is finished is kept and no process is left behind; the
 * second ends this process at once.
 *
 * Only verbs that have something to tidy up call it, when they begin with that. Until then, and for every other verb, the system ends
 * the process at once, which also holds while it is busy and could not listen.
 */
export function listenForInterrupts(): AbortSignal {
  const controller = new AbortController()
  const interrupt = (signal: NodeJS.Signals): void => {
    // Kept until the process ends: verbs say no more than that they were interrupted.
    process.exitCode ??= signal === 'SIGTERM' ? exitCodes.terminated : exitCodes.interrupted
    if (controller.signal.aborted) process.exit()
    controller.abort(new PipelineError('ERR_CANCELLED', { message: 'Interrupted' }))
  }
  process.on('SIGINT', interrupt)
  process.on('SIGTERM', interrupt)
  return controller.signal
}
