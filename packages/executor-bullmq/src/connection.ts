import { PipelineError } from '@etsef/plugin-api'
import { Redis } from 'ioredis'

const connectMs = 5000
const longestPauseMs = 2000

/** A Redis that is there, and that comes back after it was away. */
export interface Connection {
  readonly redis: Redis
  /** What work gives, unless Redis stays away for too long. @throws PipelineError `ERR_EXECUTOR` */
  within<T>(this: void, work: Promise<T>): Promise<T>
  close(): void
}

/** Connects to a Redis. @throws PipelineError `ERR_EXECUTOR` when there is none. */
export async function connect(url: string, patienceMs: number): Promise<Connection> {
  let last: Error | undefined
  const redis = new Redis(url, {
    // Commands wait for a Redis that was restarted; `within` says how long.
    maxRetriesPerRequest: null,
    retryStrategy: (times) => Math.min(longestPauseMs, times * 100),
  })
  redis.on('error', (error: Error) => {
    last = error
  })
  const limited = async <T>(work: Promise<T>, limitMs: number): Promise<T> => {
    let timer: NodeJS.Timeout | undefined
    const gone = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(
          new PipelineError('ERR_EXECUTOR', {
            message: `Redis at ${withoutPassword(url)} does not answer`,
            received: last?.message === '' ? (last as NodeJS.ErrnoException).code : last?.message,
            hint: 'start it there, or name another with --executor-option redis=redis://HOST:PORT',
          }),
        )
      }, limitMs)
    })
    try {
      return await Promise.race([work, gone])
    } catch (thrown) {
      throw thrown instanceof PipelineError ? thrown : refused(url, thrown)
    } finally {
      clearTimeout(timer)
      work.catch(() => undefined)
    }
  }
  try {
    await limited(redis.ping(), connectMs)
  } catch (thrown) {
    redis.disconnect()
    throw thrown
  }
  return {
    redis,
    within: (work) => limited(work, patienceMs),
    close: () => {
      redis.disconnect()
    },
  }
}

function refused(url: string, thrown: unknown): PipelineError {
  return new PipelineError('ERR_EXECUTOR', {
    message: `Redis at ${withoutPassword(url)} refused`,
    received: thrown instanceof Error ? thrown.message : String(thrown),
    cause: thrown,
  })
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/[^@/]*@/, '//')
}
