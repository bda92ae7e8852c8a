import type { ExecutorSubject } from '@etsef/plugin-api/testing'
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { root, temporaryFolder } from './etsef.js'

/** A project with the toy plugin and the executors. */
export interface ExecutorProject {
  readonly dir: string
  write(path: string, text: string): string
  spawn(words: readonly string[], env?: Readonly<Record<string, string>>): ChildProcess
  newStore(): string
  /** Processes in which stages run, of this project. */
  stageProcesses(): readonly number[]
  /** Processes of this project whose command line has a word. */
  processes(word: string): readonly number[]
  dispose(): void
}

const cli = join(root, 'packages/runner/dist/cli/main.js')

/** Makes a project in a temporary folder. */
export function executorProject(): ExecutorProject {
  const { path: dir, dispose } = temporaryFolder()
  const packages = {
    '@fixture/toy': 'packages/runner/test-fixtures/toy',
    '@etsef/executor-slurm': 'packages/executor-slurm',
    '@etsef/executor-bullmq': 'packages/executor-bullmq',
  }
  for (const [name, at] of Object.entries(packages)) {
    mkdirSync(dirname(join(dir, 'node_modules', name)), { recursive: true })
    symlinkSync(join(root, at), join(dir, 'node_modules', name))
  }
  const dependencies = Object.fromEntries(Object.keys(packages).map((name) => [name, '*']))
  writeFileSync(join(dir, 'package.json'), JSON.stringify({ name: 'project', private: true, dependencies }))
  let numStores = 0
  const processes = (word: string): readonly number[] =>
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => {
        try {
          const isHere = readlinkSync(`/proc/${name}/cwd`) === dir
          const words = readFileSync(`/proc/${name}/cmdline`, 'utf8')
          return isHere && words.includes(word) ? [Number(name)] : []
        } catch {
          return []
        }
      })
  return {
    dir,
    write(path, text) {
      mkdirSync(dirname(join(dir, path)), { recursive: true })
      writeFileSync(join(dir, path), text)
      return path
    },
    spawn: (words, env = {}) =>
      spawn(process.execPath, [cli, ...words], {
        cwd: dir,
        env: { ...process.env, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    newStore: () => join(dir, `store-${String(++numStores)}`),
    processes,
    stageProcesses: () => processes('dist/worker/main.js'),
    dispose,
  }
}

/** The part of a subject that is the same for every executor. */
export function commonSubject(project: ExecutorProject): Pick<ExecutorSubject, 'pipeline' | 'spawn' | 'killWorker'> {
  let numPipelines = 0
  return {
    spawn: (words) => project.spawn(words),
    pipeline({ numStages, delayMs, dies = false }) {
      const name = `pipeline-${String(++numPipelines)}`
      const flag = join(project.dir, `${name}.flag`)
      const stages = Array.from({ length: numStages }, (_, index) =>
        dies && index === 0
          ? `  s0: { use: toy/trouble, in: { features: points }, with: { mode: kill-once, flag: ${flag} } }\n`
          : `  s${String(index)}: { use: toy/scale, in: { features: points }, with: { factor: ${String(index + 1)}, delayMs: ${String(delayMs)} } }\n`,
      )
      const file = project.write(`${name}.yaml`, `nodes:\n  points: { use: toy/points }\n${stages.join('')}`)
      return { file, numKeys: numStages + 1 }
    },
    killWorker: () => kill(project.stageProcesses()[0]),
  }
}

/** Kills a process. @returns False when it was not there. */
export function kill(pid: number | undefined): boolean {
  try {
    return pid !== undefined && process.kill(pid, 'SIGKILL')
  } catch {
    return false
  }
}

/** Why no Slurm can be used here, or `undefined` where one answers. */
export function whyNoSlurm(): string | undefined {
  if (process.env['SLURM_CONF'] === undefined) return 'SLURM_CONF names none; .ci/slurm-up starts one'
  const { status } = spawnSync('sinfo', ['--noheader'], { encoding: 'utf8', timeout: 10_000 })
  return status === 0 ? undefined : 'sinfo does not answer'
}

/** Whether Slurm has jobs. */
export function slurmJobs(): readonly string[] {
  const { stdout } = spawnSync('squeue', ['--noheader', '--array', '--format=%F_%K'], { encoding: 'utf8' })
  return stdout.split('\n').filter((line) => line !== '')
}

/** Slurm lets a job that was queued again wait for two minutes; a test has no use for that. */
export function hurrySlurm(): void {
  const { stdout } = spawnSync('squeue', ['--noheader', '--states=PD', '--format=%A %r'], { encoding: 'utf8' })
  for (const [, job] of stdout.matchAll(/^(\d+) BeginTime/gm))
    spawnSync('scontrol', ['update', `JobId=${job!}`, 'StartTime=now'])
}

/** Why no Redis can be used here. */
export function whyNoRedis(): string | undefined {
  const { status } = spawnSync('redis-server', ['--version'])
  return status === 0 ? undefined : 'redis-server is not installed'
}

/** A Redis of a test, on a port of its own. */
export interface TestRedis {
  readonly url: string
  start(): Promise<void>
  stop(): Promise<void>
}

/** A Redis in a folder; it keeps its queues when it is started again. */
export function testRedis(dir: string, port: number): TestRedis {
  let child: ChildProcess | undefined
  mkdirSync(dir, { recursive: true })
  return {
    url: `redis://127.0.0.1:${String(port)}`,
    async start() {
      child = spawn('redis-server', ['--port', String(port), '--dir', dir, '--appendonly', 'yes', '--save', ''], {
        stdio: 'ignore',
      })
      while (spawnSync('redis-cli', ['-p', String(port), 'ping'], { encoding: 'utf8' }).stdout.trim() !== 'PONG')
        await sleep(50)
    },
    async stop() {
      if (!child) return
      const ended = new Promise((resolve) => child?.once('exit', resolve))
      child.kill('SIGKILL')
      await ended
      child = undefined
    },
  }
}

/** Removes a folder that processes may just be leaving. */
export function removeFolder(dir: string): void {
  if (existsSync(dir)) rmSync(dir, { recursive: true, force: true, maxRetries: 5 })
}
