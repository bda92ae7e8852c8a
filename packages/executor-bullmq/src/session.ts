import { PipelineError, type ExecutorContext, type ExecutorSession, type ExecutorTask } from '@etsef/plugin-api'
import { Queue, QueueEvents } from 'bullmq'
import type { Redis } from 'ioredis'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from './connection.js'
import { redisUrl, type BullmqOptions } from './options.js'
import { cancelledFile, classOf, queueName, resourceClasses, type JobData, type ResourceClass } from './queues.js'

const longestPauseMs = 1000
/** Events that come together are looked at together. */
const togetherMs = 10
const cancelMs = 30_000
const closeMs = 1000
const backoffMs = 500

/** Opens the queues of a store for a coordinator. */
export async function openSession(context: ExecutorContext, options: BullmqOptions): Promise<ExecutorSession> {
  const { storeId, dirOf, run } = context
  const connection = await connect(redisUrl(options), options.patienceSeconds * 1000)
  const { redis, within } = connection
  const queues = new Map<ResourceClass, Queue<JobData>>()
  const events: QueueEvents[] = []
  const duplicates: Redis[] = []
  let wake: () => void = () => undefined
  for (const each of resourceClasses) {
    const name = queueName(storeId, each)
    const queue = new Queue<JobData>(name, { connection: redis })
    const duplicate = redis.duplicate()
    duplicate.on('error', () => undefined)
    duplicates.push(duplicate)
    const heard = new QueueEvents(name, { connection: duplicate })
    // The connection tells of its errors; an emitter without a listener would end the process.
    queue.on('error', () => undefined)
    heard.on('error', () => undefined)
    for (const event of ['completed', 'failed'] as const)
      heard.on(event, () => {
        wake()
      })
    queues.set(each, queue)
    events.push(heard)
  }
  const jobKeys = (id: string): string[] => [...queues.values()].map((queue) => queue.toKey(id))
  const outstanding = async (ids: readonly string[]): Promise<ReadonlySet<string>> => {
    const found = await within(Promise.all(ids.map((id) => redis.exists(...jobKeys(id)))))
    return new Set(ids.filter((_, index) => found[index]! > 0))
  }
  const remove = async (ids: readonly string[]): Promise<void> => {
    // One that a worker has is locked, and ends by the file.
    for (const queue of queues.values()) await within(Promise.all(ids.map((id) => queue.remove(id).catch(() => 0))))
  }
  return {
    async submit(tasks) {
      rmSync(join(dirOf(run), cancelledFile), { force: true })
      const accepted: string[] = []
      for (const [each, queue] of queues) {
        const own = tasks.filter((task) => classOf(task.resources) === each)
        if (own.length === 0) continue
        try {
          await within(queue.addBulk(own.map((task) => jobOf(task, options.attempts))))
          accepted.push(...own.map(({ id }) => id))
        } catch (thrown) {
          // None or all: what was accepted is taken back.
          if (accepted.length > 0) await remove(accepted).catch(() => undefined)
          throw thrown instanceof PipelineError ? refused(thrown, own[0]!) : thrown
        }
      }
    },
    outstanding: (tasks) => outstanding(tasks.map(({ id }) => id)),
    async changed(signal) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, longestPauseMs)
        wake = () => {
          clearTimeout(timer)
          setTimeout(resolve, togetherMs)
        }
        signal.addEventListener('abort', wake, { once: true })
      })
      signal.removeEventListener('abort', wake)
      wake = () => undefined
    },
    async cancel(tasks) {
      for (const each of new Set(tasks.map((task) => task.run))) writeFileSync(join(dirOf(each), cancelledFile), '')
      const ids = tasks.map(({ id }) => id)
      const deadline = performance.now() + cancelMs
      for (;;) {
        await remove(ids)
        if (performance.now() > deadline || (await outstanding(ids)).size === 0) return
        await sleep(100)
      }
    },
    async close() {
      const closed = Promise.allSettled([...events, ...queues.values()].map((each) => each.close()))
      // A Redis that is away would keep this waiting for it.
      await Promise.race([closed, sleep(closeMs, undefined)])
      for (const each of duplicates) each.disconnect()
      connection.close()
    },
  }
}

function jobOf(task: ExecutorTask, attempts: number): Parameters<Queue<JobData>['addBulk']>[0][number] {
  const { cpus, gpus = 0 } = task.resources
  return {
    name: task.node,
    data: { file: task.file, cpus, gpus },
    opts: {
      // One that is there already is not added again, whoever adds it.
      jobId: task.id,
      attempts,
      backoff: { type: 'fixed', delay: backoffMs },
      // The store says what became of it; a job that stayed would keep its key from ever being run again.
      removeOnComplete: true,
      removeOnFail: true,
    },
  }
}

function refused({ message, received, hint, cause }: PipelineError, { node }: ExecutorTask): PipelineError {
  return new PipelineError('ERR_EXECUTOR', {
    message: `${message}; nothing stays submitted`,
    node,
    received,
    hint,
    cause,
  })
}
