import { PipelineError } from '@etsef/plugin-api'
import { appendFileSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import type { FromWorker, SerialisedError, StageSpec, ToWorker } from '../executor/protocol.js'
import { isPipelineError } from '../errors.js'
import { storeProblem } from '../store/store-problem.js'
import { CorruptArtifact } from './artifact-input.js'
import { grantThreads } from './granted-threads.js'
import { runStage } from './run-stage.js'

/** The stage that runs. */
let current: { readonly controller: AbortController; readonly spec: StageSpec } | undefined
/** Set once the coordinator was told why this process ends: errors that follow from the same cause are not sent after it. */
let isLeaving = false
let answered: ((message: Extract<ToWorker, { type: 'publish' }>) => void) | undefined

function send(message: FromWorker): void {
  process.send?.(message, undefined, undefined, () => undefined)
}

function serialise(thrown: unknown, storeDir?: string): SerialisedError {
  const error = storeProblem(thrown, storeDir) ?? (thrown instanceof Error ? thrown : new Error(String(thrown)))
  const fields = isPipelineError(error) ? error.toJSON() : { message: error.message }
  const corruptKey = error instanceof CorruptArtifact ? error.key : undefined
  // What V8 throws where a process of C++ would be out of memory; it has no code, and no other RangeError begins so.
  const isTooMuch = error instanceof RangeError && /^Array buffer allocation failed/.test(error.message)
  const code = isTooMuch ? 'ERR_OUT_OF_MEMORY' : 'ERR_NODE_FAILED'
  return { fields: { code, message: error.message, ...fields }, stack: error.stack, corruptKey }
}

/**
 * Asks the coordinator whether the files that the stage read are still those whose digest is in its key. @throws PipelineError with its
 * reason.
 */
async function askToPublish(): Promise<void> {
  const { refusal } = await new Promise<Extract<ToWorker, { type: 'publish' }>>((resolve) => {
    answered = resolve
    send({ type: 'publishing' })
  })
  // The coordinator sends the fields of a PipelineError as it prints them.
  if (refusal) throw new PipelineError(refusal.code as PipelineError['code'], refusal)
}

async function run({ spec }: Extract<ToWorker, { type: 'run' }>): Promise<void> {
  const controller = new AbortController()
  current = { controller, spec }
  grantThreads(spec.threads)
  try {
    const result = await runStage(spec, { signal: controller.signal, send, askToPublish })
    if (!isLeaving) send({ type: 'done', result })
  } catch (thrown) {
    if (!isLeaving) send({ type: 'failed', error: serialise(thrown, spec.storeDir) })
  } finally {
    current = undefined
  }
}

function leave(code: number): never {
  isLeaving = true
  process.exit(code)
}

/**
 * Tells what broke the process outside of what the stage waits for, and ends it: what else the operation left undone is not known.
 *
 * @param how - What comes before the reason.
 */
function breakDown(how: string, thrown: unknown): void {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown))
  process.stderr.write(`${how}: ${error.stack ?? error.message}\n`)
  if (current && !isLeaving) {
    const { fields, stack } = serialise(error)
    tell(current.spec, { fields: { ...fields, message: `${how}: ${fields.message}` }, stack })
  }
  leave(1)
}

function tell(spec: StageSpec, error: SerialisedError): void {
  isLeaving = true
  appendFileSync(spec.logFile, `error ${error.fields.message}\n${error.stack ?? ''}\n`)
  send({ type: 'failed', error, isLast: true })
}

process.on('message', (message: ToWorker) => {
  if (message.type === 'run') void run(message)
  else if (message.type === 'publish') answered?.(message)
  else if (message.type === 'threads') grantThreads(message.count)
  else if (message.type === 'cancel')
    current?.controller.abort(new PipelineError('ERR_CANCELLED', { message: 'The run was cancelled' }))
  else leave(0)
})

// The channel to the coordinator closed, so the coordinator has ended, even if it was killed: a stage must not go on computing for nobody.
process.on('disconnect', () => {
  leave(1)
})
process.on('SIGTERM', () => {
  isLeaving = true
  current?.controller.abort(new PipelineError('ERR_CANCELLED', { message: 'The run was cancelled' }))
  setTimeout(() => process.exit(143), 250)
})
process.on('SIGINT', () => undefined)
process.on('unhandledRejection', (reason) => {
  breakDown('nothing awaited a promise that was rejected', reason)
})
process.on('uncaughtException', (error) => {
  breakDown('an error was thrown where nothing could catch it', error)
})
process.on('exit', (code) => {
  if (!current || isLeaving) return
  const message = `the operation ended its process with code ${String(code)}`
  tell(current.spec, { fields: { code: 'ERR_NODE_FAILED', message } })
})

send({ type: 'ready' })

// A stage may keep the main thread busy for minutes; a thread of its own then notices that the coordinator is gone.
new Worker(new URL('./watch-coordinator.js', import.meta.url), {
  workerData: Number(process.env['ETSEF_COORDINATOR'] ?? process.ppid),
  resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 2 },
}).unref()
