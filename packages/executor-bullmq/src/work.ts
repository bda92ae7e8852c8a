import { taskExitCodes, type ExecutorWorkContext } from '@etsef/plugin-api'
import { UnrecoverableError, WaitingError, Worker, type Job } from 'bullmq'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from './connection.js'
import { redisUrl, type BullmqOptions } from './options.js'
import { cancelledFile, queueName, type JobData, type ResourceClass } from './queues.js'

const cancelPollMs = 250
const closeMs = 5000

/** Takes jobs of the queues of a store until the signal aborts. */
export async function work(context: ExecutorWorkContext, options: BullmqOptions): Promise<void> {
  const { storeId, storeDir, slots, gpus, signal, notice } = context
  const connection = await connect(redisUrl(options), options.patienceSeconds * 1000)
  const cpus = createPermits(slots)
  const devices = [...gpus]
  const doJob = async (job: Job<JobData>, token: string | undefined): Promise<void> => {
    const { file } = job.data
    const wanted = Math.min(job.data.cpus, slots)
    const numDevices = Math.min(job.data.gpus, gpus.length)
    await cpus.take(wanted)
    const granted = devices.splice(0, numDevices)
    const cancelled = new AbortController()
    const watch = setInterval(() => {
      if (existsSync(join(storeDir, dirname(file), cancelledFile))) cancelled.abort()
    }, cancelPollMs)
    try {
      if (!existsSync(join(storeDir, file))) throw new UnrecoverableError('the run that submitted it is gone')
      const code = await context.run(file, { signal: AbortSignal.any([signal, cancelled.signal]), devices: granted })
      if (cancelled.signal.aborted) throw new UnrecoverableError('cancelled')
      if (signal.aborted) {
        // This worker goes: another one takes it, and it is no attempt the poorer.
        await job.moveToWait(token)
        throw new WaitingError()
      }
      if (code === taskExitCodes.failed) throw new UnrecoverableError('a stage failed: see its log')
      if (code !== taskExitCodes.ended) throw new Error('the process of a stage was lost')
    } finally {
      clearInterval(watch)
      devices.push(...granted)
      cpus.give(wanted)
    }
  }
  const served: readonly (readonly [ResourceClass, number])[] = [
    ['cpu', slots],
    ['gpu', gpus.length],
  ]
  const workers = served.flatMap(([each, concurrency]) =>
    concurrency === 0
      ? []
      : [
          new Worker<JobData>(queueName(storeId, each), doJob, {
            connection: connection.redis.duplicate(),
            concurrency,
            lockDuration: options.lockSeconds * 1000,
            stalledInterval: options.lockSeconds * 500,
            maxStalledCount: options.attempts,
          }),
        ],
  )
  for (const worker of workers) {
    let last = ''
    worker.on('error', ({ message }) => {
      // While Redis is away the same comes again and again.
      if (message !== last) notice(`the queue: ${message}`)
      last = message
    })
  }
  notice(`takes tasks of store ${storeDir}: ${String(slots)} at a time, ${String(gpus.length)} GPUs`)
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    else
      signal.addEventListener(
        'abort',
        () => {
          resolve()
        },
        { once: true },
      )
  })
  const closed = Promise.allSettled(workers.map((worker) => worker.close()))
  // A Redis that is away would keep this waiting for it.
  await Promise.race([closed, sleep(closeMs, undefined)])
  connection.close()
}

interface Permits {
  take(count: number): Promise<void>
  give(count: number): void
}

/** So many at a time, first come, first served. */
function createPermits(total: number): Permits {
  let free = total
  const waiting: { readonly count: number; readonly go: () => void }[] = []
  const pump = (): void => {
    for (let first = waiting[0]; first && first.count <= free; first = waiting[0]) {
      free -= first.count
      waiting.shift()
      first.go()
    }
  }
  return {
    take: (count) =>
      new Promise((resolve) => {
        waiting.push({ count, go: resolve })
        pump()
      }),
    give(count) {
      free += count
      pump()
    },
  }
}
