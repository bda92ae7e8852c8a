import type { PipelineError } from '@etsef/plugin-api'
import { fork, type ChildProcess } from 'node:child_process'
import { closeSync, existsSync, openSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { problem } from '../errors.js'
import { AttemptFailed, failureOf, lost, overBudget, timedOut } from './attempt-failed.js'
import { createMemoryWatch, type MemoryWatch } from './memory-watch.js'
import { countOomKills } from './oom-kills.js'
import type { FromWorker, StageResult, StageSpec, ToWorker } from './protocol.js'
import { workerFlags } from './worker-flags.js'
import { workerMemory } from './worker-memory.js'

/** Threads and engine a worker is started with. */
export interface WorkerKind {
  readonly threads: number
  readonly engine: string | undefined
  /** GPUs it may see; left out: those of the surroundings. */
  readonly devices: readonly string[] | undefined
}

/** Runs stages in child processes that stay warm between stages. An idle one with an engine takes stages without, which spares the start of another. */
export interface WorkerPool {
  /** Runs one stage. @throws AttemptFailed */
  run(
    spec: StageSpec,
    options: {
      readonly kind: WorkerKind
      readonly timeoutMs?: number | undefined
      readonly onMessage: (message: FromWorker) => void
      /** Asked before the artifact of a stage that reads content is published. @returns Why it must not be. */
      readonly refusal?: () => PipelineError | undefined
    },
  ): Promise<StageResult>
  /** Lets the stage of a key, if it runs, use so many CPUs from now on. */
  grant(key: string, threads: number): void
  /** Starts workers ahead of the first stage. One that has an engine takes stages without one, too, but for where memory is limited. */
  warm(kind: WorkerKind, count: number): void
  /** Ends every worker and what it started: asks, then kills. Resolves when all are gone. */
  stop(graceMs: number): Promise<void>
  /** Process ids of living workers. */
  pids(): number[]
}

interface Handle {
  readonly child: ChildProcess
  readonly kind: WorkerKind
  isBusy: boolean
  /** Of the stage that it runs, or ran last. */
  key?: string
  /** It has said that it ends: it takes no further stage. */
  isEnding: boolean
  readonly exited: Promise<void>
}

/** Module that a worker runs. Compiled: a child process cannot read TypeScript, so a runner run from source uses its own build. */
function workerModule(): string {
  const here = fileURLToPath(import.meta.url)
  return here.endsWith('.ts')
    ? join(dirname(here), '../../dist/worker/main.js')
    : join(dirname(here), '../worker/main.js')
}

/**
 * A pool of workers.
 *
 * @param options - `size`: most workers at a time; `logDir` gets what native code prints; `oomKills` counts what the kernel ended;
 *   `memoryMb`: what stages may take together, measured: the one that takes the most is ended when it is more.
 */
export function createWorkerPool(options: {
  readonly size: number
  readonly logDir: string
  readonly cwd: string
  readonly oomKills?: () => number | undefined
  readonly memoryMb?: number | undefined
}): WorkerPool {
  const { oomKills = countOomKills, memoryMb } = options
  const memory = memoryMb === undefined ? undefined : { limitMb: memoryMb, watch: createMemoryWatch(memoryMb) }
  const handles = new Set<Handle>()
  let numOomKills = oomKills()
  const isOomKill = (): boolean => {
    const before = numOomKills
    numOomKills = oomKills()
    return before !== undefined && numOomKills !== undefined && numOomKills > before
  }
  let isStopped = false
  const start = (kind: WorkerKind): Handle => {
    const log = openSync(join(options.logDir, 'workers.log'), 'a')
    const child = fork(workerModule(), [], {
      cwd: options.cwd,
      env: workerEnvironment(kind),
      execArgv: workerFlags(kind.engine !== undefined),
      detached: true,
      stdio: ['ignore', log, log, 'ipc'],
      serialization: 'json',
    })
    closeSync(log)
    const handle: Handle = {
      child,
      kind,
      isBusy: false,
      isEnding: false,
      exited: new Promise((resolve) => {
        child.once('exit', () => {
          resolve()
        })
        child.on('error', () => {
          // The process could not be started, so no event of its exit will come.
          if (child.pid === undefined) resolve()
        })
      }),
    }
    handles.add(handle)
    void handle.exited.then(() => handles.delete(handle))
    return handle
  }
  const drop = (handle: Handle): void => {
    handles.delete(handle)
    killGroup(handle.child, 'SIGKILL')
  }
  const take = (kind: WorkerKind): Handle => {
    const idle = [...handles].filter((handle) => !handle.isBusy && !handle.isEnding && handle.child.connected)
    const fitting =
      idle.find((handle) => isSame(handle.kind, kind)) ??
      // Under a limit of memory a stage has no more than its own: an engine keeps what it has once taken.
      (memory ? undefined : idle.find((handle) => isSame({ ...handle.kind, engine: undefined }, kind)))
    if (!fitting && handles.size >= options.size) {
      const [other] = idle
      if (other) drop(other)
    }
    const handle = fitting ?? start(kind)
    handle.isBusy = true
    return handle
  }
  return {
    warm(kind, count) {
      for (let i = handles.size; i < Math.min(count, options.size); i++) start(kind)
    },
    async run(spec, { kind, timeoutMs, onMessage, refusal }) {
      for (let numTries = 1; ; numTries++) {
        if (isStopped)
          throw new AttemptFailed('cancelled', problem('ERR_CANCELLED', { message: 'The run was cancelled' }))
        const handle = take(kind)
        handle.key = spec.key
        try {
          return await runOn(handle, { spec, timeoutMs, onMessage, refusal, isOomKill, memory })
        } catch (thrown) {
          if (!(thrown instanceof NotBegun)) throw thrown
          drop(handle)
          if (numTries >= maxTries) throw thrown.failed
        } finally {
          handle.isBusy = false
        }
      }
    },
    grant(key, threads) {
      for (const { child, isBusy, key: own } of handles)
        // One that has died meanwhile has nothing to use them for.
        if (isBusy && own === key) child.send({ type: 'threads', count: threads } satisfies ToWorker, () => undefined)
    },
    async stop(graceMs) {
      isStopped = true
      const all = [...handles]
      for (const { child, isBusy } of all) {
        if (isBusy || !child.connected) killGroup(child, 'SIGTERM')
        else child.send({ type: 'exit' } satisfies ToWorker)
      }
      const deadline = setTimeout(() => {
        for (const { child } of all) killGroup(child, 'SIGKILL')
      }, graceMs)
      await Promise.all(all.map((handle) => handle.exited))
      clearTimeout(deadline)
    },
    pids: () => [...handles].flatMap(({ child }) => child.pid ?? []),
  }
}

function isSame(one: WorkerKind, other: WorkerKind): boolean {
  return one.threads === other.threads && one.engine === other.engine && one.devices?.join() === other.devices?.join()
}

function workerEnvironment({ threads, engine, devices }: WorkerKind): NodeJS.ProcessEnv {
  const count = String(threads)
  return {
    ...process.env,
    OMP_NUM_THREADS: count,
    OPENBLAS_NUM_THREADS: count,
    // With more threads, native engines add numbers in another order, and results differ in their last bits. Compiled kernels spread work
    // over threads without that.
    TF_NUM_INTRAOP_THREADS: '1',
    TF_NUM_INTEROP_THREADS: '1',
    ETSEF_KERNEL_THREADS: count,
    ETSEF_COORDINATOR: String(process.pid),
    ...workerMemory(engine !== undefined),
    ...(engine === undefined ? {} : { ETSEF_ENGINE: engine }),
    ...(devices === undefined ? {} : { CUDA_VISIBLE_DEVICES: devices.join() }),
  }
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, signal)
  } catch {
    child.kill(signal)
  }
}

/**
 * Workers that may die in a row before they begin a stage. They died idle or while starting, so it does not count as one of the stage's
 * attempts.
 */
const maxTries = 8

/** The worker died before it began the stage, perhaps some time ago: the pool learns of it only when it uses the worker. */
class NotBegun extends Error {
  readonly failed: AttemptFailed

  constructor(failed: AttemptFailed) {
    super(failed.message)
    this.failed = failed
  }
}

/** How long a stage that is out of time may take to tear down. */
const teardownMs = 1000

interface Attempt {
  readonly spec: StageSpec
  readonly timeoutMs: number | undefined
  readonly onMessage: (message: FromWorker) => void
  readonly refusal: (() => PipelineError | undefined) | undefined
  /** Whether the kernel has ended a process for want of memory since it was last asked. */
  readonly isOomKill: () => boolean
  /** What stages may take together, and who looks. */
  readonly memory: { readonly limitMb: number; readonly watch: MemoryWatch } | undefined
}

function runOn(
  handle: Handle,
  { spec, timeoutMs, onMessage, refusal, isOomKill, memory }: Attempt,
): Promise<StageResult> {
  const { child } = handle
  return new Promise((resolve, reject) => {
    // Set when the pool itself ends the worker, for time or memory: its exit then means that.
    let ended: AttemptFailed | undefined
    const end = (why: AttemptFailed): void => {
      ended ??= why
      killGroup(child, 'SIGKILL')
    }
    const unwatch =
      memory && child.pid !== undefined
        ? memory.watch.watch(child.pid, (togetherMb, aloneMb) => {
            end(overBudget(memory.limitMb, togetherMb, aloneMb))
          })
        : undefined
    let grace: NodeJS.Timeout | undefined
    // Out of time, it is asked first: streams that are left tear down what they have opened. What does not answer is ended.
    const stopLate = (why: AttemptFailed): void => {
      ended ??= why
      child.send({ type: 'cancel' } satisfies ToWorker, () => undefined)
      grace = setTimeout(() => {
        end(why)
      }, teardownMs)
    }
    const timer =
      timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            stopLate(timedOut(timeoutMs))
          }, timeoutMs)
    const finish = (settle: () => void): void => {
      clearTimeout(timer)
      clearTimeout(grace)
      unwatch?.()
      child.off('message', receive)
      child.off('exit', lose)
      settle()
    }
    const receive = (message: FromWorker): void => {
      if (message.type === 'done') {
        finish(() => {
          resolve(message.result)
        })
      } else if (message.type === 'failed' && ended) {
        // It has torn down; what it left running ends with its process, and the exit tells why.
        end(ended)
      } else if (message.type === 'failed') {
        handle.isEnding = message.isLast ?? false
        finish(() => {
          reject(failureOf(message.error))
        })
      } else if (message.type === 'publishing') {
        const why = refusal?.()
        const answer: ToWorker = {
          type: 'publish',
          refusal: why && { ...why.toJSON(), code: why.code, message: why.message },
        }
        // If the worker has died, its exit event reports that; failing to send needs no report of its own.
        child.send(answer, () => undefined)
      } else onMessage(message)
    }
    const lose = (code: number | null, signal: NodeJS.Signals | null): void => {
      finish(() => {
        if (ended) {
          reject(ended)
          return
        }
        const failed = lost(code, signal, signal === 'SIGKILL' && isOomKill())
        // The first thing that a worker does with a stage is to open its log.
        const hasBegun = failed.failure !== 'lost' || existsSync(spec.logFile)
        reject(hasBegun ? failed : new NotBegun(failed))
      })
    }
    child.on('message', receive)
    child.once('exit', lose)
    const message: ToWorker = { type: 'run', spec }
    child.send(message, (cause) => {
      if (!cause) return
      finish(() => {
        const message = `The worker process cannot be reached: ${cause.message}`
        reject(new NotBegun(new AttemptFailed('infra', problem('ERR_LOST', { message, cause }))))
      })
    })
  })
}
