import {
  PipelineError,
  taskExitCodes,
  type Executor,
  type ExecutorContext,
  type ExecutorSession,
  type ExecutorTask,
  type SubmittedTask,
} from '@etsef/plugin-api'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { taskArrays, type TaskArray } from './arrays.js'
import { batchScript, quote } from './batch-script.js'
import { command } from './command.js'
import { slurmOptions, type SlurmOptions } from './options.js'

/** Slurm itself: arrays, `afterok`, `--requeue`, GPUs and wall time are its own; the coordinator may log off. */
export const slurm: Executor = {
  name: 'slurm',
  capabilities: { ordersTasks: true, groupsStages: true, retriesTasks: true, assignsDevices: true },
  options: slurmOptions,
  async open(context) {
    // Checked against the schema by the runner.
    const options = context.options as SlurmOptions
    return createSession(context, options, await readLimits())
  },
}

interface Limits {
  readonly maxArray: number
  readonly maxJobs: number
}

async function readLimits(): Promise<Limits> {
  const config = await command('scontrol', ['show', 'config'])
  const number = (name: string, otherwise: number): number => {
    const [, value] = new RegExp(`^${name}\\s*=\\s*(\\d+)`, 'm').exec(config) ?? []
    return value === undefined ? otherwise : Number(value)
  }
  return { maxArray: Math.max(1, number('MaxArraySize', 1001)), maxJobs: number('MaxJobCount', 10_000) }
}

/** States with these reasons are never left without a person. */
const stuck = /launch.failed.requeued.held|JobHoldMaxRequeue|DependencyNeverSatisfied/i
const firstPauseMs = 500
/** The controller may be restarted, or be busy: so long it may not answer. */
const patienceMs = 10 * 60_000
const cancelMs = 30_000

function createSession(context: ExecutorContext, options: SlurmOptions, limits: Limits): ExecutorSession {
  const { run, root, dirOf, notice } = context
  const jobs = new Map<string, string>()
  let pauseMs = firstPauseMs

  const submitArray = async (array: TaskArray): Promise<string> => {
    const dir = dirOf(run)
    mkdirSync(dir, { recursive: true })
    const number = nextNumber(dir)
    const commandsFile = join(dir, `array-${String(number)}.commands`)
    const lines = (each: (task: ExecutorTask) => string): string =>
      array.tasks.map((task) => `${each(task)}\n`).join('')
    writeFileSync(
      commandsFile,
      lines((task) => task.command.map(quote).join(' ')),
    )
    writeFileSync(
      idsFile(dir, number),
      lines(({ id }) => id),
    )
    const after = new Set(array.tasks.flatMap((task) => task.after.flatMap((id) => jobs.get(id) ?? [])))
    const words = [
      '--parsable',
      `--job-name=${jobName(run)}`,
      `--comment=${String(number)}`,
      `--array=0-${String(array.tasks.length - 1)}${options.parallel === undefined ? '' : `%${String(options.parallel)}`}`,
      `--cpus-per-task=${String(array.cpus)}`,
      `--mem=${String(array.memoryMb)}M`,
      ...(array.gpus > 0 ? [`--gres=gpu:${String(array.gpus)}`] : []),
      ...(options.time === undefined ? [] : [`--time=${options.time}`]),
      ...(options.partition === undefined ? [] : [`--partition=${options.partition}`]),
      ...(options.account === undefined ? [] : [`--account=${options.account}`]),
      ...(after.size > 0 ? [`--dependency=afterok:${[...after].join(':')}`, '--kill-on-invalid-dep=yes'] : []),
      '--requeue',
      `--signal=B:USR1@${String(options.warnSeconds)}`,
      '--open-mode=append',
      `--output=${join(dir, 'slurm-%A_%a.log')}`,
      ...(options.sbatch ?? '').split(/\s+/).filter((word) => word !== ''),
    ]
    const script = batchScript({ commandsFile, root, againCode: taskExitCodes.again })
    const answer = await command('sbatch', words, script)
    const [job = ''] = answer.trim().split(';')
    if (!/^\d+$/.test(job))
      throw new PipelineError('ERR_EXECUTOR', {
        message: 'sbatch did not answer with a job',
        received: answer.slice(0, 200),
      })
    return job
  }

  const queue = async (runs: ReadonlySet<string>): Promise<readonly QueuedTask[]> => {
    for (const startedMs = performance.now(); ;) {
      try {
        return await look(runs, dirOf)
      } catch (thrown) {
        if (performance.now() - startedMs > patienceMs) throw thrown
        notice(`Slurm does not answer: ${thrown instanceof PipelineError ? (thrown.received ?? thrown.message) : ''}`)
        await sleep(Math.min(options.pollSeconds * 1000, 5000))
      }
    }
  }

  return {
    groupSeconds: options.groupSeconds,
    async submit(tasks) {
      if (tasks.length > limits.maxJobs)
        throw new PipelineError('ERR_EXECUTOR', {
          message: `Slurm takes at most ${String(limits.maxJobs)} jobs at a time (MaxJobCount)`,
          received: `${String(tasks.length)} tasks`,
          hint: 'raise the executor option groupSeconds, so that more stages go together',
        })
      const submitted: string[] = []
      for (const array of taskArrays(tasks, limits.maxArray)) {
        try {
          const job = await submitArray(array)
          submitted.push(job)
          for (const { id } of array.tasks) jobs.set(id, job)
        } catch (thrown) {
          // None or all: what was accepted is taken back.
          if (submitted.length > 0) await command('scancel', submitted).catch(() => undefined)
          throw thrown instanceof PipelineError ? refused(thrown, array) : thrown
        }
      }
      pauseMs = firstPauseMs
    },
    async outstanding(tasks) {
      const asked = new Set(tasks.map(({ run: each, id }) => `${each} ${id}`))
      const queued = await queue(new Set(tasks.map((task) => task.run)))
      const lost = queued.filter(({ reason }) => stuck.test(reason))
      if (lost.length > 0)
        await command(
          'scancel',
          lost.map(({ job, index }) => `${job}_${index}`),
        ).catch(() => undefined)
      const found = queued.filter((task) => !lost.includes(task) && asked.has(`${task.run} ${task.id}`))
      for (const { id, job } of found) jobs.set(id, job)
      return new Set(found.map(({ id }) => id))
    },
    async changed(signal) {
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined)
      pauseMs = Math.min(options.pollSeconds * 1000, pauseMs * 1.5)
    },
    async cancel(tasks) {
      const runs = new Set(tasks.map((task) => task.run))
      for (const each of runs) await command('scancel', [`--name=${jobName(each)}`])
      const deadline = performance.now() + cancelMs
      while (runs.size > 0 && performance.now() < deadline && (await queue(runs)).length > 0) await sleep(firstPauseMs)
    },
    close: () => Promise.resolve(),
  }
}

/** A task as Slurm has it. */
interface QueuedTask extends SubmittedTask {
  readonly job: string
  readonly index: string
  readonly reason: string
}

/** Finds the tasks of runs by one `squeue`. */
async function look(runs: ReadonlySet<string>, dirOf: (run: string) => string): Promise<readonly QueuedTask[]> {
  if (runs.size === 0) return []
  const names = new Map([...runs].map((run) => [jobName(run), run]))
  const text = await command('squeue', [
    '--noheader',
    '--array',
    '--format=%F|%K|%j|%k|%r',
    `--name=${[...names.keys()].join(',')}`,
  ])
  const ids = new Map<string, readonly string[]>()
  return text.split('\n').flatMap((line) => {
    const [job = '', index = '', name = '', number = '', reason = ''] = line.trim().split('|')
    const run = names.get(name)
    if (run === undefined) return []
    const file = idsFile(dirOf(run), number.trim())
    const known = ids.get(file) ?? (existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [])
    ids.set(file, known)
    const id = known[Number(index)]
    return id === undefined ? [] : [{ run, id, job, index, reason }]
  })
}

function jobName(run: string): string {
  return `etsef-${run}`
}

function idsFile(dir: string, number: string | number): string {
  return join(dir, `array-${String(number)}.ids`)
}

function nextNumber(dir: string): number {
  for (let number = 1; ; number++) if (!existsSync(idsFile(dir, number))) return number
}

function refused(
  { message, received, cause }: PipelineError,
  { tasks, cpus, memoryMb, gpus }: TaskArray,
): PipelineError {
  const { node } = tasks[0]!
  const others = tasks.length > 1 ? ` and ${String(tasks.length - 1)} more` : ''
  return new PipelineError('ERR_EXECUTOR', {
    message: `${message}; it was asked to run "${node}"${others} with ${String(cpus)} CPUs, ${String(memoryMb)} MB and ${String(gpus)} GPUs. Nothing stays submitted`,
    node,
    received,
    cause,
    hint: 'see the partition, account and time of --executor-option, and what the partition has (sinfo)',
  })
}
