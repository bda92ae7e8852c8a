import { PipelineError } from '@etsef/plugin-api'
import { Worker } from 'node:worker_threads'
import type { FromWorker, SerialisedError, ToWorker } from '../executor/protocol.js'
import { isPipelineError } from '../errors.js'
import { CorruptArtifact } from './artifact-input.js'
import { runStage } from './run-stage.js'

let current: AbortController | undefined

function send(message: FromWorker): void {
  process.send?.(message, undefined, undefined, () => undefined)
}

function serialise(thrown: unknown): SerialisedError {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown))
  const fields = isPipelineError(error) ? error.toJSON() : { message: error.message }
  const corruptKey = error instanceof CorruptArtifact ? error.key : undefined
  return { fields: { code: 'ERR_NODE_FAILED', message: error.message, ...fields }, stack: error.stack, corruptKey }
}

async function run(message: Extract<ToWorker, { type: 'run' }>): Promise<void> {
  const controller = new AbortController()
  current = controller
  try {
    const result = await runStage(message.spec, controller.signal, send)
    send({ type: 'done', result })
  } catch (thrown) {
    send({ type: 'failed', error: serialise(thrown) })
  } finally {
    current = undefined
  }
}

process.on('message', (message: ToWorker) => {
  if (message.type === 'run') void run(message)
  else if (message.type === 'cancel')
    current?.abort(new PipelineError('ERR_CANCELLED', { message: 'The run was cancelled' }))
  else process.exit(0)
})

// The coordinator is gone, however it ended: nothing may go on without it.
process.on('disconnect', () => {
  process.exit(1)
})
process.on('SIGTERM', () => {
  current?.abort(new PipelineError('ERR_CANCELLED', { message: 'The run was cancelled' }))
  setTimeout(() => process.exit(143), 250)
})
process.on('SIGINT', () => undefined)

send({ type: 'ready' })

// A stage may keep the main thread busy for minutes; a thread of its own then notices that the coordinator is gone.
const watcher = `const { workerData } = require('node:worker_threads')
setInterval(() => { if (process.ppid !== workerData) process.kill(process.pid, 'SIGKILL') }, 500)`
new Worker(watcher, {
  eval: true,
  workerData: Number(process.env['ETSEF_COORDINATOR'] ?? process.ppid),
  resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 2 },
}).unref()
